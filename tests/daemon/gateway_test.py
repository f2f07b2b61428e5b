#!/usr/bin/python3
"""Payments by card that go wrong late: a cancel, a charge after it was given up, callbacks alone, a gateway that is down,
and kills at any moment while many pay. In the end both books agree, and nobody had to do anything.

OUTBOXD_TEST_PAYMENTS and OUTBOXD_TEST_KILLS make the last test longer; OUTBOXD_TEST_SEED repeats what a run did.
"""

import random
import tempfile
import threading
import unittest
import uuid

from support.case import DaemonTest, number_from
from support.client import Client, ConnectionLost
from support.gateway import Gateway
from support.waiting import until

PRICE = 1500


def in_progress(answer):
    return answer.status == 409 and answer.code() == "request_in_progress"


class Buyer:
    """One user of the shop; every request has its key, which may be sent again. For one thread."""

    def __init__(self, node):
        self.client = Client(node.port)
        name = f"buyer-{uuid.uuid4().hex}"
        self.user = self.expect(201, "POST", "/api/v1/users", {"username": name, "email": "a@example.org"})["userId"]

    def expect(self, status, method, path, body=None, key=None):
        key = key or (uuid.uuid4().hex if method == "POST" else None)
        answer = self.client.send(method, path, body, key)
        assert answer.status == status, f"{method} {path}: {answer}"
        return answer.json()

    def place(self, product, quantity=2):
        lines = [{"productId": product, "quantity": quantity}]
        return self.expect(201, "POST", "/api/v1/orders", {"userId": self.user, "lines": lines})["orderId"]

    def pay(self, order, key, token="tok_ok"):
        body = {"userId": self.user, "method": "CARD", "cardToken": token}
        return self.client.send("POST", f"/api/v1/orders/{order}/payment", body, key)

    def order(self, order):
        return self.expect(200, "GET", f"/api/v1/orders/{order}")

    def persistently(self, send):
        """Sends the same again until its outcome is known."""
        def attempt():
            try:
                answer = send()
            except ConnectionLost:
                return None
            return answer if answer.status not in (202, 503) and not in_progress(answer) else None
        return until(attempt, "an outcome", 120, every=0.05)


class CardTest(DaemonTest):
    """A node, a gateway, a product and a buyer."""

    gateway_settings = {"timeout": "1s", "grace": "1s", "not_found_after": "4s", "breaker_minimum_calls": 100}

    def setUp(self):
        super().setUp()
        self.running = self.node("node")
        folder = tempfile.TemporaryDirectory(prefix="outboxd-test-")
        self.addCleanup(folder.cleanup)
        self.gateway = Gateway(self.running.port, folder.name)
        self.addCleanup(self.gateway.close)
        self.running.write_config(gateway=self.gateway.settings(**self.gateway_settings))
        self.running.migrate().start().ready()
        self.buyer = Buyer(self.running)
        self.addCleanup(self.buyer.client.close)
        self.product = self.buyer.expect(201, "POST", "/api/v1/products",
                                         {"name": "mug", "price": PRICE, "stock": 1_000_000})["productId"]
        self.key = uuid.uuid4().hex
        self.asking = []

    def restart(self):
        self.running.kill()
        for thread in self.asking:
            thread.join()
        self.buyer.client.close()
        self.running.start().ready()

    def meanwhile(self, send):
        """Sends it on a thread that does not mind the end of the daemon; returns once the gateway holds it."""
        def run():
            try:
                send()
            except ConnectionLost:
                pass
        held = self.gateway.state()["held"]
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.asking.append(thread)
        until(lambda: self.gateway.state()["held"] > held, lambda: f"the gateway holds it\n{self.running.tail()}")

    def turn(self, **turn):
        self.gateway.next(**turn)

    def payment(self, order):
        """State and refunded amount of the order's latest payment."""
        rows = self.database.run(f"SELECT state, refunded FROM payment WHERE order_id = {order} ORDER BY id DESC LIMIT 1")
        return (rows[0][0], int(rows[0][1])) if rows else None

    def see(self, order, state, payment):
        until(lambda: self.buyer.order(order)["state"] == state and self.payment(order) == payment,
              lambda: f"{state} {payment}; it is {self.buyer.order(order)} {self.payment(order)}; the gateway has "
                      f"{self.gateway.ledger()}\n{self.running.tail()}")

    def agree(self):
        """Once everything is settled both books say the same, and so do the shop's tables among themselves."""
        open_ones = ("SELECT (SELECT COUNT(*) FROM payment WHERE state IN ('PENDING', 'UNKNOWN')) + "
                     "(SELECT COUNT(*) FROM refund WHERE state IN ('PENDING', 'UNKNOWN')) + "
                     "(SELECT COUNT(*) FROM orders WHERE state = 'PAYING')")
        until(lambda: self.database.number(open_ones) == 0, lambda: f"an end\n{self.running.tail()}", 120)
        until(lambda: self.gateway.state()["callbacksWaiting"] == 0, "all callbacks to be taken")
        ledger = self.gateway.ledger()
        ours = self.database.run("SELECT COALESCE(SUM(amount), 0), COALESCE(SUM(refunded), 0) FROM payment "
                                 "WHERE method = 'CARD' AND state IN ('SUCCEEDED', 'REFUNDED')")[0]
        charged = {charge["key"]: charge for charge in ledger["charges"] if charge["status"] == "succeeded"}
        known = dict(self.database.run("SELECT gateway_key, state FROM payment WHERE method = 'CARD'"))
        self.assertLessEqual(set(charged), set(known))
        self.assertEqual(ledger["captured"] - ledger["refunded"], int(ours[0]) - int(ours[1]), (ledger, known))
        for key, charge in charged.items():
            expected = charge["amount"] if known[key] in ("REFUNDED", "FAILED") else None
            self.assertEqual(charge["refunded"], expected or charge["refunded"], (charge, known[key]))
        status, text = self.running.command("audit")
        self.assertEqual(status, 0, text)


class Cards(CardTest):
    def test_a_cancel_while_paying_gives_a_late_success_back_once(self):
        self.gateway.tell(callbacks="hold")
        order = self.buyer.place(self.product)
        self.turn(hold="reply")
        self.meanwhile(lambda: self.buyer.pay(order, self.key))
        other = Client(self.running.port)
        answer = other.send("POST", f"/api/v1/orders/{order}/cancel", {"userId": self.buyer.user}, uuid.uuid4().hex)
        other.close()
        self.assertEqual(answer.status, 202, answer)
        self.gateway.tell(release=True)
        for thread in self.asking:
            thread.join()
        self.see(order, "CANCELLED", ("REFUNDED", 2 * PRICE))
        self.gateway.tell(callbacks="reversed")
        self.agree()
        self.assertEqual(self.gateway.ledger()["refunded"], 2 * PRICE)

    def test_a_gateway_that_is_down_is_said_so_and_waited_for(self):
        self.running.write_config(gateway={"breaker_minimum_calls": 3, "breaker_open": "1s", "not_found_after": "2s"})
        self.restart()
        self.gateway.tell(down=True)
        order = self.buyer.place(self.product)
        self.assertEqual(self.buyer.pay(order, self.key).status, 202)
        self.assertEqual(self.running.readyz()[0], 200)
        until(lambda: self.running.readyz()[1]["gateway"] == "degraded", "the gateway to be called degraded")
        self.gateway.tell(down=False)
        self.see(order, "WAITING", ("FAILED", 0))  # it never arrived
        until(lambda: self.running.readyz()[1]["gateway"] != "degraded", "the gateway to be called well")
        self.agree()


class SlowRecovery(CardTest):
    gateway_settings = {**CardTest.gateway_settings, "grace": "10m"}

    def test_no_answer_in_time_is_found_out_by_the_callback(self):
        self.gateway.tell(callbacks="hold")
        order = self.buyer.place(self.product)
        self.turn(hold="reply")
        self.meanwhile(lambda: self.buyer.pay(order, self.key))
        self.restart()
        self.assertEqual(self.buyer.order(order)["state"], "PAYING")
        self.gateway.tell(callbacks="flow")
        self.see(order, "COMPLETE", ("SUCCEEDED", 0))
        self.agree()


class Killed(CardTest):
    """kill -9 between any two steps of a payment."""

    def pay_and_be_killed(self, **turn):
        order = self.buyer.place(self.product)
        self.turn(**turn)
        self.meanwhile(lambda: self.buyer.pay(order, self.key))
        self.restart()
        return order

    def outcome(self, order):
        return self.buyer.persistently(lambda: self.buyer.pay(order, self.key)).status

    def test_before_the_gateway_acts_which_it_does_too_late(self):
        order = self.pay_and_be_killed(hold="arrival")
        self.assertEqual(self.outcome(order), 402)
        self.see(order, "WAITING", ("FAILED", 0))
        self.gateway.tell(release=True)
        until(lambda: self.gateway.ledger()["refunded"] == 2 * PRICE, lambda: f"a refund\n{self.running.tail()}")
        self.agree()

    def test_after_the_answer_before_the_callbacks(self):
        self.gateway.tell(callbacks="hold")
        order = self.buyer.place(self.product)
        self.turn(callbacks=5)
        self.assertEqual(self.buyer.pay(order, self.key).status, 201)
        self.restart()
        self.gateway.tell(callbacks="reversed")
        self.assertEqual(self.outcome(order), 201)
        self.agree()
        self.assertEqual(self.gateway.ledger()["captured"], 2 * PRICE)

    def test_anywhere_while_many_pay_and_the_gateway_misbehaves(self):
        payments, kills = number_from("OUTBOXD_TEST_PAYMENTS", 200), number_from("OUTBOXD_TEST_KILLS", 4)
        seed = number_from("OUTBOXD_TEST_SEED", random.randrange(1_000_000))
        print(f"\nseed {seed}", flush=True)
        self.gateway.tell(mix={"declined": 10, "silent": 5, "duplicated": 20, "forged": 10, "seed": seed})
        statuses, errors = [], []
        buyers = [Buyer(self.running) for _ in range(8)]

        def shop(buyer):
            try:
                while len(statuses) < payments and not errors:
                    place = {"userId": buyer.user, "lines": [{"productId": self.product, "quantity": 1}]}
                    key, path = uuid.uuid4().hex, "/api/v1/orders"
                    order = buyer.persistently(lambda: buyer.client.send("POST", path, place, key)).json()["orderId"]
                    paying = uuid.uuid4().hex
                    statuses.append(buyer.persistently(lambda: buyer.pay(order, paying)).status)
                buyer.client.close()
            except Exception as error:  # shown by the test's thread
                errors.append(error)

        threads = [threading.Thread(target=shop, args=[buyer], daemon=True) for buyer in buyers]
        for thread in threads:
            thread.start()
        for moment in sorted(random.Random(seed).sample(range(payments // 20, payments * 9 // 10), kills)):
            until(lambda: errors or len(statuses) >= moment, lambda: f"{moment} payments of {len(statuses)}", 300)
            self.running.kill()
            self.running.start().ready()
        for thread in threads:
            thread.join(300)
        self.assertEqual(errors, [])
        self.gateway.tell(release=True)
        self.agree()
        paid = self.database.number("SELECT COUNT(*) FROM orders WHERE state = 'COMPLETE'")
        self.assertEqual(paid, statuses.count(201))
        self.assertEqual(set(statuses), {201, 402})
        forged = {answer["status"] for answer in self.gateway.state()["forgedAnswers"]}
        self.assertLessEqual(forged, {0, 401})
        print(f"{len(statuses)} payments, {statuses.count(402)} declined, {kills} kills; the gateway: {self.gateway.state()}",
              flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
