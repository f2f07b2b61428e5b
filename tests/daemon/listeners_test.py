#!/usr/bin/python3
"""The receiver of one listener goes away while customers pay. Nobody else notices, and in the end it was told of each event
once, counted in its own log.

OUTBOXD_TEST_OUTAGE_SECONDS: how long it stays away; 5 by default.
"""

import tempfile
import unittest

from support.audit import drained
from support.case import DaemonTest, number_from
from support.collector import Collector
from support.shoppers import Load
from support.waiting import now, until

CUSTOMERS = 8
TOLD = {
    "notification": ("PaymentCompleted", "PaymentFailed", "PaymentRefunded", "OrderCancelled", "OrderExpired"),
    "data-platform": ("PaymentCompleted", "PaymentRefunded"),
}


class Listeners(DaemonTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="outboxd-test-")
        self.addCleanup(folder.cleanup)
        self.collectors = {}
        for name in TOLD:
            self.collectors[name] = Collector(name, folder.name)
            self.addCleanup(self.collectors[name].close)
        self.seconds = number_from("OUTBOXD_TEST_OUTAGE_SECONDS", 5)
        self.running = self.node(
            "node",
            notification=self.collectors["notification"].settings(timeout="10s"),
            data_platform=self.collectors["data-platform"].settings(timeout="10s", breaker_open="1s"),
        ).migrate().start().ready()
        for listener in ("ranking", *TOLD):
            until(lambda: self.figure("consumer_partitions", listener) > 0,
                  lambda: f"partitions for {listener}\n{self.running.tail()}", 90)
        self.load = Load([self.running.port], CUSTOMERS)
        self.load.wait_for(30)

    def figure(self, name, listener):
        return self.running.metric(f'outboxd_{name}{{listener="{listener}"}}')

    def calls(self, listener, outcome):
        return self.running.metric(f'outboxd_listener_calls_total{{listener="{listener}",outcome="{outcome}"}}')

    def breaker(self, state):
        return self.running.metric(f'outboxd_circuitbreaker_state{{name="data-platform",state="{state}"}}') == 1

    def expected(self, listener):
        """The ids of the events that this listener is to tell of, in the order of the outbox."""
        types = ",".join(f"'{name}'" for name in TOLD[listener])
        return [row[0] for row in self.database.run(
            f"SELECT LOWER(HEX(event_id)) FROM outbox_event WHERE type IN ({types}) ORDER BY id")]

    def told(self, listener):
        return {event.replace("-", ""): times for event, times in self.collectors[listener].ids().items()}

    def goes_on(self, listener):
        """What was paid until now reaches it, while the other one is away."""
        paid = set(self.expected(listener))
        until(lambda: paid <= set(self.told(listener)),
              lambda: f"{listener} was told of {len(paid)} events; missing {len(paid - set(self.told(listener)))}\n"
                      f"{self.running.tail()}", 60, every=0.1)

    def ranking_goes_on(self):
        paid = self.database.number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'")
        until(lambda: self.database.number("SELECT COUNT(*) FROM processed_event WHERE handler = 'ranking'") >= paid,
              lambda: f"the ranking has counted {paid} payments\n{self.running.tail()}", 60, every=0.1)

    def outage(self, mode, **details):
        """The data platform is away for a while; everybody else goes on."""
        collector = self.collectors["data-platform"]
        collector.tell(mode, **details)
        began = now()
        until(lambda: self.breaker("open"), lambda: f"an open breaker\n{self.running.tail()}", 60)
        self.assertEqual(self.running.readyz()[0], 200)
        while now() - began < self.seconds:
            self.load.wait_for(10)
            self.goes_on("notification")
            self.ranking_goes_on()
        waits = len(self.expected("data-platform")) - len(self.told("data-platform"))
        self.assertGreater(waits, 0)
        collector.tell("ok")
        back = now()
        self.goes_on("data-platform")
        print(f"\n{mode} {details or ''}: away {back - began:.1f} s; {waits} events waited; all were told "
              f"{now() - back:.1f} s after its return", flush=True)

    def all_told(self, listener):
        """Each event exactly once, and those of a key in order."""
        expected = self.expected(listener)
        until(lambda: len(self.told(listener)) >= len(expected),
              lambda: f"{len(expected)} events; {listener} was told of {len(self.told(listener))}\n{self.running.tail()}",
              120, every=0.1)
        self.assertEqual(self.told(listener), dict.fromkeys(expected, 1), listener)
        last = {}
        for event in self.collectors[listener].accepted():
            self.assertGreater(event["sequence"], last.get(event["key"], 0), event)
            last[event["key"]] = event["sequence"]
        self.assertEqual(self.collectors[listener].counts()["forged"], 0)
        return len(expected)

    def test_a_receiver_that_is_away_harms_nobody_else(self):
        self.outage("close")
        self.outage("status", status=500)
        if self.seconds >= 30:  # it takes a time limit to be seen, and that is long here: no call may fail by slowness
            self.outage("hang")
        self.load.stop()
        self.assertEqual(dict(self.load.tally.troubles), {}, "what customers noticed")
        drained(self.database)
        counts = {listener: self.all_told(listener) for listener in TOLD}
        print(f"{self.load.paid()} orders; told once each: {counts}; calls of the data platform that failed: "
              f"{self.calls('data-platform', 'failed'):.0f}, that did not come about: "
              f"{self.calls('data-platform', 'unreachable'):.0f}", flush=True)
        self.assertEqual(self.calls("notification", "failed"), 0)
        self.assertEqual(self.calls("notification", "unreachable"), 0)
        self.assertEqual(self.running.terminate(), 0)


if __name__ == "__main__":
    unittest.main()
