#!/usr/bin/python3
"""Servers go away under load. Kafka or Redis: no request notices. The database: 503 until it is back. Nothing is lost.

OUTBOXD_TEST_OUTAGE_SECONDS: how long the broker stays away; 5 by default.
"""

import unittest

from support.audit import audit_shop, audit_topics, drained
from support.case import DaemonTest, number_from
from support.shoppers import Load
from support.stack import Stack
from support.waiting import now, until

CUSTOMERS = 8


class Outage(DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack.own("outage")
        cls.addClassCleanup(cls.stack.down)

    def setUp(self):
        super().setUp()
        self.running = self.node(relay={"lease": "3s", "renew_every": "1s"}).migrate().start().ready()
        self.load = Load([self.running.port], CUSTOMERS)
        self.load.wait_for(50)

    def control(self, verb, undo):
        """The stack is whole again after the test, whatever happens."""
        self.stack.control(verb)
        self.addCleanup(self.stack.control, undo)

    def see(self, status, **health):
        """Waits until /readyz says so."""
        def seen():
            found = self.running.readyz()
            return found[0] == status and {**found[1], **health} == found[1]
        until(seen, lambda: f"{status} {health}; it says {self.running.readyz()}", 60, every=0.1)

    def finish(self):
        self.load.stop()
        drained(self.database)
        audit_shop(self, self.database, self.load)
        records, duplicates = audit_topics(self, self.database, self.prefix, self.load)
        self.assertEqual(self.load.tally.without_retry_after, [])
        print(f"{self.load.paid()} orders, {records} records, {duplicates} duplicates; "
              f"retried: {dict(self.load.tally.troubles)}", flush=True)
        self.assertEqual(self.running.terminate(), 0)

    def assert_nobody_noticed(self):
        self.assertEqual(dict(self.load.tally.troubles), {})

    def backlog(self):
        return self.database.number("SELECT COUNT(*) FROM outbox_queue")

    def test_orders_are_paid_while_the_broker_is_down(self):
        seconds = number_from("OUTBOXD_TEST_OUTAGE_SECONDS", 5)
        for verb in ("stop-kafka", "kill-kafka"):
            self.control(verb, "start-kafka")
            began = now()
            self.see(200, kafka="degraded", database="ok")
            while now() - began < seconds:
                self.load.wait_for(10)
            self.assertEqual(self.running.readyz()[0], 200)
            waiting = self.backlog()
            self.assertGreater(waiting, 0)
            self.stack.control("start-kafka")
            back = now()
            self.see(200, kafka="ok")
            until(lambda: self.backlog() < waiting / 2, lambda: f"a backlog below {waiting / 2}; it is {self.backlog()}")
            print(f"\n{verb}: {waiting} events waited; most were sent {now() - back:.1f} s after its return",
                  flush=True)
        self.finish()
        self.assert_nobody_noticed()

    def test_orders_are_paid_while_the_broker_is_frozen(self):
        self.control("pause-kafka", "resume-kafka")
        self.see(200, kafka="degraded", database="ok")
        self.load.wait_for(50)
        self.assertGreater(self.backlog(), 0)
        self.stack.control("resume-kafka")
        self.see(200, kafka="ok")
        self.finish()
        self.assert_nobody_noticed()

    def test_orders_are_paid_without_redis(self):
        self.control("kill-redis", "start-redis")
        self.see(200, redis="degraded", database="ok", kafka="ok")
        self.load.wait_for(50)
        self.stack.control("start-redis")
        self.see(200, redis="ok")
        self.finish()
        self.assert_nobody_noticed()

    def test_requests_are_answered_503_until_the_database_is_back(self):
        self.control("kill-mariadb", "start-mariadb")
        self.see(503, database="down")
        self.assertEqual(self.running.admin("/livez")[0], 200)
        met = self.load.tally.troubles.total()
        until(lambda: self.load.tally.troubles.total() > met, "a request")
        self.assertEqual([trouble for trouble in self.load.tally.troubles if not trouble.startswith("503 ")], [])
        self.assertNotIn("503 None", self.load.tally.troubles, "an answer that is no problem document")
        self.stack.control("start-mariadb")
        self.see(200, database="ok")
        self.load.wait_for(50)
        self.finish()


if __name__ == "__main__":
    unittest.main()
