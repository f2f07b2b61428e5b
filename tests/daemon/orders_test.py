#!/usr/bin/python3
"""Orders that nobody pays end by themselves, whichever node lives, and give back what they held."""

import unittest
import uuid

from support.case import DaemonTest
from support.client import Client
from support.waiting import until

ORDERS = 30


class Expiry(DaemonTest):
    def test_unpaid_orders_expire_also_after_the_node_that_ended_them_died(self):
        settings = {"orders": {"payment_window": "1s"}, "jobs": {"order-expiry": {"schedule": "after 100ms"}}}
        first = self.node("first", **settings).migrate().start().ready()
        client = Client(first.port)
        self.addCleanup(client.close)

        def post(path, body):
            answer = client.send("POST", path, body, uuid.uuid4().hex)
            self.assertEqual(answer.status, 201, answer)
            return answer.json()

        user = post("/api/v1/users", {"username": uuid.uuid4().hex, "email": "u@example.org"})["userId"]
        product = post("/api/v1/products", {"name": "p", "price": 5, "stock": ORDERS * 2})["productId"]

        def place():
            post("/api/v1/orders", {"userId": user, "lines": [{"productId": product, "quantity": 2}]})

        def in_state(state):
            return self.database.number(f"SELECT COUNT(*) FROM orders WHERE state = '{state}'")

        place()
        until(lambda: in_state("EXPIRED") == 1, "the first order's end")
        for _ in range(ORDERS - 1):
            place()
        first.kill()
        self.node("second", **settings).start().ready()
        until(lambda: in_state("EXPIRED") == ORDERS, lambda: f"the end of all orders; ended: {in_state('EXPIRED')}")
        self.assertEqual(self.database.number("SELECT SUM(quantity) FROM stock_slot"), ORDERS * 2)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM compensation"), ORDERS)
        self.assertEqual(
            self.database.number("SELECT COUNT(DISTINCT aggregate_id) FROM outbox_event WHERE type = 'OrderExpired'"), ORDERS)


if __name__ == "__main__":
    unittest.main()
