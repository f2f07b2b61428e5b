#!/usr/bin/python3
"""The receiver of one listener goes away while customers pay. Nobody else notices, and in the end it was told of each event
once, counted in its own log. What it refuses waits for a person, and a secret is changed without a refused call.

OUTBOXD_TEST_OUTAGE_SECONDS: how long it stays away; 5 by default.
"""

import signal
import tempfile
import unittest

from support.audit import drained
from support.case import DaemonTest, number_from
from support.client import Api, Tally
from support.collector import SECRET, Collector
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
            consumers={"retry_first": "1s", "retry_longest": "5s"},
        ).migrate().start().ready()
        for listener in ("ranking", *TOLD):
            until(lambda: self.figure("consumer_partitions", listener) > 0,
                  lambda: f"partitions for {listener}\n{self.running.tail()}", 90)

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
                      f"{self.running.tail()}", 300, every=0.1)

    def ranking_goes_on(self):
        paid = self.database.number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'")
        until(lambda: self.database.number("SELECT COUNT(*) FROM processed_event WHERE handler = 'ranking'") >= paid,
              lambda: f"the ranking has counted {paid} payments\n{self.running.tail()}", 60, every=0.1)

    def outage(self, mode, **details):
        """The data platform is away for a while; everybody else goes on."""
        collector = self.collectors["data-platform"]
        collector.tell(mode, **details)
        began = now()
        until(lambda: self.breaker("open"), lambda: f"an open breaker\n{self.running.tail()}", 180)
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

    def told_once(self, listener):
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
        return len(expected)

    def test_a_receiver_that_is_away_harms_nobody_else(self):
        self.load = Load([self.running.port], CUSTOMERS)
        self.load.wait_for(30)
        self.outage("close")
        self.outage("status", status=500)
        # It opens the breaker slowly: half of the last 100 calls must take as long as the time limit, eight at a time, and that
        # is long here, so that no other call fails by slowness.
        if self.seconds >= 30:
            self.outage("hang")
        self.load.stop()
        self.assertEqual(dict(self.load.tally.troubles), {}, "what customers noticed")
        drained(self.database)
        counts = {listener: self.told_once(listener) for listener in TOLD}
        for collector in self.collectors.values():
            self.assertEqual(collector.counts()["forged"], 0)
        until(lambda: self.letters() == [], lambda: f"no dead letter; there are {self.letters()}", 60, every=0.1)
        print(f"{self.load.paid()} orders; told once each: {counts}; calls of the data platform that failed: "
              f"{self.calls('data-platform', 'failed'):.0f}, that did not come about: "
              f"{self.calls('data-platform', 'unreachable'):.0f}; dead letters, all worked off: "
              f"{self.figure('consumer_dead_letters_total', 'data-platform'):.0f}", flush=True)
        self.assertEqual(self.calls("notification", "failed"), 0)
        self.assertEqual(self.calls("notification", "unreachable"), 0)
        self.assertEqual(self.running.terminate(), 0)

    def letters(self):
        """State and error of each."""
        return self.database.run("SELECT handler, state, COALESCE(error, '') FROM dead_letter ORDER BY id")

    def post(self, status, path, body):
        answer = self.api.call("POST", path, body)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def buy(self):
        """The payment."""
        lines = [{"productId": self.product, "quantity": 1}]
        order = self.post(201, "/api/v1/orders", {"userId": self.user, "lines": lines})
        return self.post(201, f"/api/v1/orders/{order['orderId']}/payment", {"userId": self.user})["paymentId"]

    def open_shop(self):
        self.api = Api([self.running.port], Tally())
        self.addCleanup(self.api.close)
        self.product = self.post(201, "/api/v1/products", {"name": "mug", "price": 10, "stock": 1000})["productId"]
        self.user = self.post(201, "/api/v1/users", {"username": self.prefix, "email": "a@b"})["userId"]
        self.post(200, f"/api/v1/users/{self.user}/points/charges", {"amount": 1000})

    def test_what_a_receiver_refuses_waits_for_a_person(self):
        self.open_shop()
        collector = self.collectors["data-platform"]
        collector.tell("status", status=422)
        payment = self.buy()
        states = lambda: [state for _, state, _ in self.letters()]
        until(lambda: states() == ["HELD"], lambda: f"{self.letters()}\n{self.running.tail()}", 60)
        self.assertIn("answered 422 Unprocessable Content: '", self.letters()[0][2])
        collector.tell("ok")
        self.post(201, f"/api/v1/payments/{payment}/refunds", {"reason": "sorry"})  # of the same order
        until(lambda: states() == ["HELD", "PARKED"], lambda: f"{self.letters()}\n{self.running.tail()}", 60)
        self.buy()  # another order goes on
        until(lambda: len(self.told("data-platform")) == 1, lambda: f"{self.told('data-platform')}", 60)
        self.told_once("notification")
        status, text = self.running.ctl("dead-letters", "retry", "--listener", "data-platform", "--yes")
        self.assertEqual(status, 0, text)
        self.told_once("data-platform")
        until(lambda: self.letters() == [], lambda: f"no dead letter; there are {self.letters()}", 60)

    def test_a_wrong_secret_is_mended_by_a_reload(self):
        self.open_shop()
        self.sign_with("whsec_" + "d3Jvbmcg" * 4)
        self.buy()
        until(lambda: self.letters(), lambda: f"a dead letter\n{self.running.tail()}", 60)
        self.assertIn("answered 401 Unauthorized", self.letters()[0][2])
        self.assertEqual(self.told("data-platform"), {})
        self.sign_with(SECRET)

        def worked_off():
            status, text = self.running.ctl("dead-letters", "retry", "--listener", "data-platform", "--yes")
            self.assertEqual(status, 0, text)
            return self.letters() == []
        until(worked_off, lambda: f"{self.letters()}\n{self.running.tail()}", 60, every=0.5)
        self.buy()
        self.told_once("data-platform")

    def sign_with(self, secret):
        with open(self.collectors["data-platform"].secret_file, "w", encoding="ascii") as file:
            file.write(secret + "\n")
        lines = len(self.running.logged("reloaded"))
        self.running.signal(signal.SIGHUP)
        until(lambda: len(self.running.logged("reloaded")) > lines, lambda: self.running.tail(), 60)


if __name__ == "__main__":
    unittest.main()
