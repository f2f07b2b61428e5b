#!/usr/bin/python3
"""Payments by card between the real daemon and a gateway that misbehaves. The daemon is killed at each step of a payment
and of a refund; it ends consistent without anybody's help."""

import tempfile
import threading
import unittest

from support.case import DaemonTest
from support.client import Client, ConnectionLost
from support.gateway import Gateway
from support.waiting import until


class Cards(DaemonTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="outboxd-test-")
        self.addCleanup(folder.cleanup)
        self.shop = self.node()
        self.gateway = Gateway(self.shop.port, folder.name)
        self.addCleanup(self.gateway.close)
        self.shop.write_config(gateway=self.gateway.settings(timeout="1s", grace="1s", not_found_after="2s",
                                                             breaker_minimum_calls=100))
        self.shop.migrate().start().ready()
        self.client = Client(self.shop.port)
        self.addCleanup(self.client.close)
        self.ann = self.post("/api/v1/users", {"username": "ann", "email": "a@b"})["userId"]
        self.tea = self.post("/api/v1/products", {"name": "Tea", "price": 300, "stock": 1000})["productId"]
        self.keys = 0

    def post(self, path, body, key=None):
        answer = self.client.send("POST", path, body, key)
        self.assertIn(answer.status, (200, 201), answer)
        return answer.json()

    def place(self):
        self.keys += 1
        return self.post("/api/v1/orders", {"userId": self.ann, "lines": [{"productId": self.tea, "quantity": 2}]},
                         f"order-{self.keys}")["orderId"]

    def pay(self, order, key):
        return self.client.send("POST", f"/api/v1/orders/{order}/payment",
                                {"userId": self.ann, "method": "CARD", "cardToken": "tok_good"}, key)

    def state(self, order):
        return self.client.send("GET", f"/api/v1/orders/{order}").json()["state"]

    def killed_during(self, act, wait):
        """The daemon dies while a request of its client stands somewhere, and comes back."""
        lost = []

        def run():
            client = Client(self.shop.port)
            try:
                act(client)
            except ConnectionLost:
                lost.append(True)
            finally:
                client.close()

        thread = threading.Thread(target=run)
        thread.start()
        wait()
        self.client.close()
        self.shop.kill()
        thread.join()
        self.assertTrue(lost)
        self.gateway.tell(release=True)
        self.shop.start().ready()

    def held(self):
        until(lambda: self.gateway.state()["held"] == 1, "a call that stands at the gateway")

    def settled(self):
        until(lambda: self.database.number("SELECT (SELECT COUNT(*) FROM payment WHERE state IN ('PENDING', 'UNKNOWN')) + "
                                           "(SELECT COUNT(*) FROM refund WHERE state IN ('PENDING', 'UNKNOWN'))") == 0,
              lambda: f"payments and refunds settled\n{self.shop.tail()}", 120)

    def audit(self):
        ledger = self.gateway.ledger()
        self.assertEqual(ledger["captured"] - ledger["refunded"], self.database.number(
            "SELECT COALESCE(SUM(amount - refunded), 0) FROM payment WHERE state IN ('SUCCEEDED', 'REFUNDED')"))
        status, text = self.shop.command("audit")
        self.assertEqual(status, 0, text)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM orders WHERE state = 'PAYING'"), 0)

    def payment_dies(self, turn, callbacks):
        order = self.place()
        self.gateway.tell(callbacks=callbacks)
        self.gateway.next(**turn)
        self.killed_during(lambda client: client.send(
            "POST", f"/api/v1/orders/{order}/payment",
            {"userId": self.ann, "method": "CARD", "cardToken": "tok_good"}, f"pay-{order}"), self.held)
        again = self.pay(order, f"pay-{order}")
        self.assertIn(again.status, (201, 202, 402), again)
        self.settled()
        return order

    def test_killed_while_a_card_is_charged(self):
        for callbacks in ("flow", "hold"):
            for hold in ("arrival", "reply"):
                with self.subTest(hold=hold, callbacks=callbacks):
                    order = self.payment_dies({"hold": hold}, callbacks)
                    self.assertEqual(self.state(order), "COMPLETE")
                    again = self.pay(order, f"pay-{order}")
                    self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (201, "true"), again)
        with self.subTest("declined"):
            order = self.payment_dies({"hold": "reply", "outcome": "declined"}, "hold")
            self.assertEqual(self.state(order), "WAITING")
            self.assertEqual(self.pay(order, f"pay-{order}").status, 402)
            self.assertEqual(self.pay(order, f"other-{order}").status, 201)
        self.gateway.tell(callbacks="reversed")
        self.audit()

    def test_killed_while_money_goes_back(self):
        self.gateway.tell(callbacks="hold")
        for hold in ("arrival", "reply"):
            with self.subTest(hold=hold):
                order = self.place()
                payment = self.pay(order, f"pay-{order}").json()["paymentId"]
                self.gateway.next(hold=hold)
                self.killed_during(lambda client, path=f"/api/v1/payments/{payment}/refunds", key=f"back-{order}":
                                   client.send("POST", path, {"reason": "broken"}, key), self.held)
                self.settled()
                again = self.client.send("POST", f"/api/v1/payments/{payment}/refunds", {"reason": "broken"},
                                         f"back-{order}")
                self.assertEqual((again.status, again.json()["state"]), (201, "SUCCEEDED"), again)
        self.assertEqual(self.database.number("SELECT SUM(quantity) FROM stock_slot"), 1000)
        self.assertEqual(self.gateway.ledger()["captured"], self.gateway.ledger()["refunded"])
        self.audit()

    def test_a_silent_gateway_its_copies_and_forgers(self):
        order = self.place()
        self.gateway.next(answers=False, callbacks=5, forged=True)
        open_answer = self.pay(order, "silent")
        self.assertIn(open_answer.status, (201, 202), open_answer)
        until(lambda: self.state(order) == "COMPLETE", "the callback to settle it")
        self.assertEqual(self.pay(order, "silent").status, 201)
        until(lambda: sum(a["times"] for a in self.gateway.state()["callbackAnswers"]) == 5, "five callbacks")
        self.assertEqual([a["status"] for a in self.gateway.state()["callbackAnswers"]], [204])
        until(lambda: self.gateway.state()["forgedAnswers"], "the forged callback")
        self.assertEqual([a["status"] for a in self.gateway.state()["forgedAnswers"]], [401])
        self.gateway.tell(release=True)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'"), 1)
        self.audit()

    def test_a_gateway_that_is_away_and_comes_back(self):
        self.gateway.tell(down=True)
        order = self.place()
        answer = self.pay(order, "down")
        self.assertEqual((answer.status, answer.json()["state"]), (202, "UNKNOWN"), answer)
        self.assertEqual(self.pay(order, "other").code(), "wrong_order_state")
        self.gateway.tell(down=False)
        self.settled()
        self.assertEqual(self.pay(order, "down").status, 402)
        self.assertEqual(self.pay(order, "again").status, 201)
        self.assertEqual(self.gateway.ledger()["captured"], 600)
        self.audit()


if __name__ == "__main__":
    unittest.main(verbosity=2)
