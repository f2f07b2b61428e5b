#!/usr/bin/python3
"""Consumers are killed again and again while events come. Each effect in the database happens once all the same.

OUTBOXD_TEST_EVENTS and OUTBOXD_TEST_KILLS make it longer; OUTBOXD_TEST_SEED repeats what a run did.
"""

import json
import random
import unittest
import uuid
from collections import Counter

from support.audit import drained
from support.case import DaemonTest, number_from
from support.waiting import now, until

PRODUCTS = 5
WRITTEN_AT_ONCE = 500


def sale(order, product, quantity):
    """A PaymentCompleted as the shop writes it."""
    return json.dumps({"version": 1, "orderId": order, "paymentId": order, "userId": 1, "method": "POINTS",
                       "amount": 10 * quantity, "completedAt": "2026-01-01T00:00:00.000000Z",
                       "lines": [{"productId": product, "quantity": quantity, "unitPrice": 10}]})


class Consumers(DaemonTest):
    def setUp(self):
        super().setUp()
        self.sold = Counter()
        self.events = 0
        self.keeper = self.node("keeper", roles=["api", "relay", "jobs"]).migrate().start().ready()

    def consumer(self, name):
        """A member that the group gives up two seconds after it was killed."""
        return self.node(name, roles=["consumers"], kafka={
            "properties": {"session.timeout.ms": "2000", "heartbeat.interval.ms": "250"}})

    def write(self, number, dice):
        """Sales, as another service would insert them."""
        rows = []
        for _ in range(number):
            product, quantity = dice.randint(1, PRODUCTS), dice.randint(1, 3)
            self.events += 1
            self.sold[product] += quantity
            rows.append(f"(UNHEX('{uuid.uuid4().hex}'), 'order', '{self.events}', 'PaymentCompleted', "
                        f"'{sale(self.events, product, quantity)}')")
        for at in range(0, number, WRITTEN_AT_ONCE):
            self.database.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) VALUES "
                              + ",".join(rows[at:at + WRITTEN_AT_ONCE]))

    def counted(self):
        """Events that had their effect."""
        return self.database.number("SELECT COUNT(*) FROM processed_event WHERE handler = 'ranking'")

    def await_all(self, nodes):
        drained(self.database)
        until(lambda: self.counted() >= self.events,
              lambda: f"{self.events} effects; there are {self.counted()}\n{nodes[0].tail()}\n{nodes[1].tail()}", 300)

    def check_effects(self):
        self.assertEqual(self.counted(), self.events)
        self.assertEqual(
            dict(self.database.numbers("SELECT product_id, SUM(quantity) FROM product_sales GROUP BY product_id")),
            dict(self.sold), "product_sales")
        self.assertEqual(self.database.run("SELECT handler, state, error FROM dead_letter"), [])

    def test_each_effect_happens_once_however_often_consumers_are_killed(self):
        events, kills = number_from("OUTBOXD_TEST_EVENTS", 2000), number_from("OUTBOXD_TEST_KILLS", 4)
        seed = number_from("OUTBOXD_TEST_SEED", random.randrange(1_000_000))
        print(f"\nseed {seed}", flush=True)
        dice = random.Random(seed)
        nodes = [self.consumer("first").start().ready(), self.consumer("second").start().ready()]
        began = now()
        for number in range(kills):
            before = self.counted()
            self.write(events // (kills + 1), dice)
            # Some of these are worked off, most are not.
            until(lambda: self.counted() > before, "progress", 120, every=0.001)
            victim = nodes[number % 2]
            victim.kill()
            victim.start()
        self.write(events - self.events, dice)
        self.await_all(nodes)
        spent = now() - began
        # Nothing is left to come again: what was handled is committed.
        for node in nodes:
            node.ready()
        partitions = self.database.number(f"SELECT partitions FROM topic_layout WHERE topic = '{self.prefix}order'")
        until(lambda: sum(node.metric('outboxd_consumer_partitions{listener="ranking"}') for node in nodes) == partitions
              and all(node.metric('outboxd_consumer_lag{listener="ranking"}') == 0 for node in nodes), "no lag", 120)
        self.check_effects()
        for node in nodes:
            self.assertEqual(node.terminate(), 0)
        self.check_effects()
        print(f"{events} events, {kills} kills of consumers: {spent:.1f} s", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
