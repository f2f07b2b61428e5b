#!/usr/bin/python3
"""Consumers are killed again and again while customers pay. Each effect in the database happens once all the same, and
receivers over HTTP are told of each event at least once, always under one Idempotency-Key.

OUTBOXD_TEST_EVENTS and OUTBOXD_TEST_KILLS make it longer; OUTBOXD_TEST_SEED repeats what a run did.
"""

import random
import tempfile
import unittest
import uuid

from support.audit import drained
from support.case import DaemonTest, number_from
from support.client import Api, Tally
from support.collector import Collector
from support.crowd import Crowd
from support.waiting import now, until

CUSTOMERS = 8
LISTENERS = ("ranking", "loyalty", "notification")
LOYALTY = 5  # percent
TOLD = ("PaymentCompleted", "PaymentFailed", "PaymentRefunded", "OrderCancelled", "OrderExpired")


class Buyer:
    """One user, one thread. Keeps no books: the shop's own say what the consumers should have made of them."""

    def __init__(self, api, products, seed):
        self.api, self.products, self.random = api, products, random.Random(seed)
        name = f"buyer-{uuid.uuid4().hex}"
        self.user = self.expect(201, "/api/v1/users", {"username": name, "email": f"{name}@example.org"})["userId"]

    def expect(self, status, path, body):
        answer = self.api.call("POST", path, body)
        assert answer.status == status, f"{path}: {answer}"
        return answer.json()

    def buy(self):
        lines = [{"productId": product, "quantity": self.random.randint(1, 3)}
                 for product in self.random.sample(self.products, self.random.randint(1, 2))]
        order = self.expect(201, "/api/v1/orders", {"userId": self.user, "lines": lines})
        self.expect(200, f"/api/v1/users/{self.user}/points/charges", {"amount": order["total"]})
        self.expect(201, f"/api/v1/orders/{order['orderId']}/payment", {"userId": self.user})


class Consumers(DaemonTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="outboxd-test-")
        self.addCleanup(folder.cleanup)
        self.collector = Collector("notification", folder.name)
        self.addCleanup(self.collector.close)
        self.keeper = self.node("keeper", roles=["api", "relay", "jobs"]).migrate().start().ready()

    def consumer(self, name):
        """A member that the groups give up two seconds after it was killed."""
        return self.node(name, roles=["consumers"], notification=self.collector.settings(), loyalty={"rate": LOYALTY}, kafka={
            "properties": {"session.timeout.ms": "2000", "heartbeat.interval.ms": "250"}})

    def buyers(self, seed):
        tally = Tally()
        apis = [Api([self.keeper.port], tally) for _ in range(CUSTOMERS)]
        products = [apis[0].call("POST", "/api/v1/products", {"name": f"product {price}", "price": price,
                                                              "stock": 900_000}).json()["productId"]
                    for price in (300, 450, 810, 1250)]
        return Crowd([Buyer(api, products, seed * 100 + at) for at, api in enumerate(apis)], Buyer.buy)

    def events(self):
        return self.database.number("SELECT COUNT(*) FROM outbox_event")

    def paid(self):
        return self.database.number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'")

    def worked_off(self, listener):
        return self.database.number(f"SELECT COUNT(*) FROM processed_event WHERE handler = '{listener}'")

    def await_all(self, nodes):
        drained(self.database)
        for listener in LISTENERS:
            until(lambda: self.worked_off(listener) >= self.paid(),
                  lambda: f"{listener}: {self.paid()} effects; there are {self.worked_off(listener)}\n"
                          f"{nodes[0].tail()}\n{nodes[1].tail()}", 300, every=0.1)
        # Nothing is left to come again: what was worked off is committed.
        partitions = self.database.number(f"SELECT partitions FROM topic_layout WHERE topic = '{self.prefix}order'")
        for node in nodes:
            node.ready()
        for listener in LISTENERS:
            def sum_of(name):
                return sum(node.metric(f'outboxd_consumer_{name}{{listener="{listener}"}}') for node in nodes)
            until(lambda: sum_of("partitions") == partitions and sum_of("lag") == sum_of("in_hand") == 0,
                  lambda: f"no lag of {listener}", 120, every=0.1)

    def check_sales(self):
        sold = "SELECT product_id, SUM(quantity) FROM product_sales GROUP BY product_id"
        paid = ("SELECT l.product_id, SUM(l.quantity) FROM order_line l JOIN orders o ON o.id = l.order_id "
                "WHERE o.state = 'COMPLETE' GROUP BY l.product_id")
        self.assertEqual(dict(self.database.numbers(sold)), dict(self.database.numbers(paid)), "product_sales")
        self.assertEqual(self.worked_off("ranking"), self.paid())

    def check_loyalty(self):
        """Each payment gave its share, once, and the accounts agree with their histories."""
        paid = self.database.numbers("SELECT id, amount FROM payment WHERE state = 'SUCCEEDED'")
        given = [(row[0], int(row[1])) for row in
                 self.database.run("SELECT reference, amount FROM point_history WHERE kind = 'LOYALTY'")]
        self.assertEqual(sorted(given), sorted((f"loyalty:{payment}", amount * LOYALTY // 100)
                                               for payment, amount in paid if amount * LOYALTY >= 100))
        status, text = self.keeper.command("audit")
        self.assertEqual(status, 0, text)

    def check_told(self):
        """Returns how many were told more than once."""
        types = ",".join(f"'{name}'" for name in TOLD)
        expected = {row[0] for row in
                    self.database.run(f"SELECT LOWER(HEX(event_id)) FROM outbox_event WHERE type IN ({types})")}
        told = {event.replace("-", ""): times for event, times in self.collector.ids().items()}
        self.assertEqual(set(told), expected, "events told over HTTP")
        # The collector holds each call's Idempotency-Key, signature and body against the event's id.
        self.assertEqual(self.collector.counts()["forged"], 0)
        return sum(1 for times in told.values() if times > 1)

    def test_each_effect_happens_once_however_often_consumers_are_killed(self):
        events, kills = number_from("OUTBOXD_TEST_EVENTS", 2000), number_from("OUTBOXD_TEST_KILLS", 4)
        seed = number_from("OUTBOXD_TEST_SEED", random.randrange(1_000_000))
        print(f"\nseed {seed}", flush=True)
        nodes = [self.consumer("first").start().ready(), self.consumer("second").start().ready()]
        buyers = self.buyers(seed)
        began = now()
        buyers.start()
        for number in range(kills):
            goal = events * (number + 1) // (kills + 1)
            until(lambda: buyers.check() or self.events() >= goal, f"{goal} events", 600)
            # In the middle of work: something has had its effect since the last look.
            before = self.worked_off("ranking")
            until(lambda: self.worked_off("ranking") > before, "progress", 120, every=0.001)
            victim = nodes[number % 2]
            victim.kill()
            victim.start()
        until(lambda: buyers.check() or self.events() >= events, f"{events} events", 600)
        buyers.stop()
        self.await_all(nodes)
        spent = now() - began
        for node in nodes:
            self.assertEqual(node.terminate(), 0)
        self.check_sales()
        self.check_loyalty()
        repeated = self.check_told()
        self.assertEqual(self.database.run("SELECT handler, state, error FROM dead_letter"), [])
        print(f"{self.events()} events of {self.paid()} payments, {kills} kills of consumers in {spent:.1f} s; "
              f"{repeated} events were told over HTTP more than once", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
