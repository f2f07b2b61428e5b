#!/usr/bin/python3
"""One Idempotency-Key, fifty clients at the same moment: one effect."""

import threading
import unittest
import uuid

from support.case import DaemonTest
from support.client import Client
from support.waiting import until

CLIENTS = 50
EVENTS = "SELECT COUNT(*) FROM outbox_event WHERE type = "


class Idempotency(DaemonTest):
    def setUp(self):
        super().setUp()
        self.running = self.node().migrate().start().ready()
        self.client = Client(self.running.port)
        self.addCleanup(self.client.close)
        self.user = self.client.made("/api/v1/users", {"username": "u", "email": "u@example.org"})["userId"]
        self.product = self.client.made("/api/v1/products", {"name": "p", "price": 100, "stock": 1000})["productId"]

    @staticmethod
    def settled(client, path, body, key):
        """The answer, once the node has time for it: on a slow machine fifty at once may be too many."""
        def attempt():
            answer = client.send("POST", path, body, key)
            return answer if answer.status != 503 else None
        return until(attempt, f"an answer to {path}")

    def all_at_once(self, path, body):
        """Fifty connections send the same; returns the one body of all that were told of success, and the key."""
        key = uuid.uuid4().hex
        answers = [None] * CLIENTS
        barrier = threading.Barrier(CLIENTS)

        def send(at):
            client = Client(self.running.port)
            client.send("GET", f"/api/v1/users/{self.user}")  # the connection is open before the start
            barrier.wait(60)
            answers[at] = self.settled(client, path, body, key)
            client.close()

        threads = [threading.Thread(target=send, args=[at]) for at in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertNotIn(None, answers, "a client got no answer")

        done = [answer for answer in answers if answer.status in (200, 201)]
        busy = [answer for answer in answers if answer.status == 409]
        print(f"\n{path}: {len(done)} told of success, {len(busy)} told to come again", flush=True)
        self.assertEqual(len(done) + len(busy), CLIENTS, [answer for answer in answers if answer not in done + busy])
        self.assertEqual({answer.code() for answer in busy} - {"request_in_progress"}, set())
        self.assertEqual([answer for answer in busy if answer.headers["Retry-After"] != "1"], [])
        self.assertEqual(len({(answer.status, answer.body) for answer in done}), 1, "different answers")
        first = [answer for answer in done if answer.headers["Idempotent-Replayed"] != "true"]
        self.assertEqual(len(first), 1, "one was first, the others were told so")

        again = self.client.send("POST", path, body, key)
        self.assertEqual((again.status, again.body), (done[0].status, done[0].body))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        return done[0].json(), key

    def assert_refuses(self, path, key, *other_bodies):
        for body in other_bodies:
            answer = self.client.send("POST", path, body, key)
            self.assertEqual((answer.status, answer.code()), (422, "idempotency_key_reused"), body)

    def test_points_are_charged_once(self):
        path = f"/api/v1/users/{self.user}/points/charges"
        charged, key = self.all_at_once(path, {"amount": 70})
        self.assertEqual(charged["balance"], 70)
        self.assert_refuses(path, key, {"amount": 71})
        self.assertEqual(self.database.numbers("SELECT balance FROM point_account"), [(70,)])
        self.assertEqual(self.database.numbers("SELECT amount FROM point_history"), [(70,)])
        self.assertEqual(self.database.number(EVENTS + "'PointsCharged'"), 1)

    def test_an_order_is_placed_and_paid_once(self):
        lines = [{"productId": self.product, "quantity": 3}]
        order, key = self.all_at_once("/api/v1/orders", {"userId": self.user, "lines": lines})
        self.assert_refuses("/api/v1/orders", key, {"userId": self.user, "lines": [{**lines[0], "quantity": 4}]})
        self.assertEqual(self.database.numbers("SELECT id FROM orders"), [(order["orderId"],)])
        self.assertEqual(self.database.numbers("SELECT SUM(quantity) FROM stock_slot"), [(997,)])

        self.client.made(f"/api/v1/users/{self.user}/points/charges", {"amount": 1000})
        path = f"/api/v1/orders/{order['orderId']}/payment"
        payment, key = self.all_at_once(path, {"userId": self.user})
        self.assert_refuses(path, key, {"userId": self.user + 1})
        self.assert_refuses("/api/v1/orders", key, {"userId": self.user, "lines": lines})
        self.assertEqual(self.database.numbers("SELECT id, amount FROM payment"), [(payment["paymentId"], 300)])
        self.assertEqual(self.database.numbers("SELECT balance FROM point_account"), [(700,)])
        self.assertEqual(self.database.number(EVENTS + "'OrderPlaced'"), 1)
        self.assertEqual(self.database.number(EVENTS + "'PaymentCompleted'"), 1)

    def test_an_authorization_is_stored_once(self):
        path = "/api/v1/payments/authorizations"
        body = {"merchant": "m", "amount": 5, "currency": "EUR", "reference": "r"}
        payment, key = self.all_at_once(path, body)
        self.assert_refuses(path, key, {**body, "amount": 6}, {**body, "reference": "s"})
        self.assertEqual(self.database.numbers("SELECT id FROM payment"), [(payment["paymentId"],)])
        self.assertEqual(self.database.number(EVENTS + "'PaymentAuthorized'"), 1)

    def test_fifty_keys_for_one_order_pay_it_once(self):
        lines = [{"productId": self.product, "quantity": 1}]
        order = self.client.made("/api/v1/orders", {"userId": self.user, "lines": lines})["orderId"]
        self.client.made(f"/api/v1/users/{self.user}/points/charges", {"amount": 1000})
        answers = []

        def pay():
            client = Client(self.running.port)
            path = f"/api/v1/orders/{order}/payment"
            answers.append(self.settled(client, path, {"userId": self.user}, uuid.uuid4().hex))
            client.close()

        threads = [threading.Thread(target=pay) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted((answer.status, answer.code()) for answer in answers if answer.status != 201),
                         [(409, "wrong_order_state")] * (CLIENTS - 1))
        self.assertEqual(len(answers), CLIENTS)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM payment"), 1)
        self.assertEqual(self.database.numbers("SELECT balance FROM point_account"), [(900,)])


if __name__ == "__main__":
    unittest.main()
