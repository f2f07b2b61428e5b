#!/usr/bin/python3
"""Everything at once on a few hot rows, with a gateway at its worst. Afterwards all books agree: those of the database with
each other, the clients', the gateway's and the topics'.

OUTBOXD_TEST_MARKET_SECONDS makes the crowd stay longer.
"""

import itertools
import tempfile
import unittest
from collections import Counter

from support.case import DaemonTest, number_from
from support.client import Client
from support.events import Checker, documented
from support.gateway import Gateway
from support.market import Market
from support.topics import order_violations, read_topics
from support.waiting import now, until
from support.weather import EVERYDAY, WEATHER, fair

SECONDS = number_from("OUTBOXD_TEST_MARKET_SECONDS", 15)
USERS, THREADS, SLOTS = 10, 64, 16
STOCK = {"mug": 100_000, "pen": 100_000, "lamp": 60}  # of the last there is never enough
COUPONS = 4
WINNERS = 6  # of USERS, for each coupon

LOYALTY = 7.5  # percent

UNSETTLED = """
SELECT 'orders', COUNT(*) FROM orders WHERE state IN ('WAITING', 'PAYING')
UNION ALL SELECT 'payments', COUNT(*) FROM payment WHERE state IN ('PENDING', 'UNKNOWN')
UNION ALL SELECT 'refunds', COUNT(*) FROM refund WHERE state IN ('PENDING', 'UNKNOWN')
UNION ALL SELECT 'claims', COUNT(*) FROM coupon_claim WHERE state = 'WAITING'
UNION ALL SELECT 'events', COUNT(*) FROM outbox_queue
UNION ALL SELECT 'loyalty', (SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'
                                 OR (type = 'PaymentRefunded' AND payload LIKE '%"completedAt"%'))
                            - (SELECT COUNT(*) FROM processed_event WHERE handler = 'loyalty')
"""


class Shop(DaemonTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="outboxd-gateway-")
        self.addCleanup(folder.cleanup)
        self.nodes = [self.node("node-1"), self.node("node-2")]
        self.gateway = Gateway(self.nodes[0].port, folder.name)
        self.addCleanup(self.gateway.close)
        for node in self.nodes:
            node.write_config(orders={"payment_window": "3s"}, loyalty={"rate": LOYALTY}, gateway=self.gateway.settings(
                timeout="700ms", grace="1s", not_found_after="1s", breaker_open="500ms"))
        self.nodes[0].migrate()
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.ready()
        self.client = Client(self.nodes[0].port)
        self.addCleanup(self.client.close)

    def furnish(self):
        users = [self.client.made("/api/v1/users", {"username": f"u{at}", "email": f"u{at}@example.org"})["userId"]
                 for at in range(USERS)]
        products = [self.client.made("/api/v1/products", {"name": name, "price": 100 * at, "stock": stock})["productId"]
                    for at, (name, stock) in enumerate(STOCK.items(), 1)]
        for product in products:
            self.assertEqual(self.client.send("PUT", f"/api/v1/products/{product}/stock-slots", {"slots": SLOTS}).status, 200)
        discounts = [{"kind": "FIXED", "discount": 100}, {"kind": "PERCENT", "discount": 30, "most": 150}]
        coupons = [self.client.made("/api/v1/coupons", {"name": f"c{at}", **discounts[at % 2], "total": WINNERS,
                                                        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z"})
                   ["couponId"] for at in range(COUPONS)]
        return users, products, coupons

    def storm(self, market):
        """The gateway's weather changes until the time is over and everything has happened at least once."""
        end, last = now() + SECONDS, now() + 5 * SECONDS
        self.gateway.tell(mix=EVERYDAY)
        for at, orders in enumerate(itertools.cycle(WEATHER)):
            self.gateway.tell(**orders)
            tick = now() + 0.45
            until(lambda: market.errors or now() >= tick, "the next change", every=0.05)
            market.check()
            if at % len(WEATHER) == 5:
                self.audit()  # holds at any moment, not only at the end
            if now() >= last or (now() >= end and not self.missing(market)):
                return

    def left(self):
        return {name: int(count) for name, count in self.database.run(UNSETTLED) if count != "0"}

    def settled(self):
        fair(self.gateway)
        return self.gateway.state()["callbacksWaiting"] == 0 and not self.left()

    # --- the books -----------------------------------------------------------------------------------------------

    def audit(self):
        status, text = self.nodes[1].command("audit")
        self.assertEqual(status, 0, text)

    def audit_clients(self, market):
        balances = dict(self.database.numbers("SELECT user_id, balance FROM point_account"))
        loyalty = Counter(dict(self.database.numbers(
            "SELECT user_id, SUM(amount) FROM point_history WHERE kind LIKE 'LOYALTY%' GROUP BY user_id")))
        self.assertEqual(balances, {user: market.points()[user] + loyalty[user] for user in balances}, "balances")
        orders = dict((int(row[0]), row[1]) for row in self.database.run("SELECT id, state FROM orders"))
        payments = dict((int(row[0]), row[1]) for row in self.database.run("SELECT id, state FROM payment"))
        for (kind, number), word in market.told().items():
            state = orders.get(number) if kind == "order" else payments.get(number)
            allowed = {"PLACED": ("COMPLETE", "CANCELLED", "EXPIRED"), "CANCELLED": ("CANCELLED",),
                       "PAID": ("SUCCEEDED", "REFUNDED")}
            self.assertIn(state, allowed[word], f"{kind} {number} was said to be {word}")
        self.assertEqual(len(orders), len([1 for kind, _ in market.told() if kind == "order"]), "orders")

    def audit_loyalty(self):
        """Each complete payment gave its share, once; what its refunds took back is in the audit of the database."""
        paid = self.database.numbers("SELECT JSON_VALUE(payload, '$.paymentId'), JSON_VALUE(payload, '$.amount') "
                                     "FROM outbox_event WHERE type = 'PaymentCompleted'")
        due = {f"loyalty:{payment}": int(amount * LOYALTY) // 100 for payment, amount in paid}
        given = {row[0]: int(row[1]) for row in
                 self.database.run("SELECT reference, amount FROM point_history WHERE kind = 'LOYALTY'")}
        self.assertEqual(given, {reference: points for reference, points in due.items() if points > 0})
        refunds = self.database.numbers("SELECT COUNT(*), SUM(due), SUM(taken) FROM loyalty_refund")[0]
        print(f"    loyalty: {sum(given.values())} points for {len(given)} payments; refunds, due, taken: {refunds}", flush=True)

    def audit_claims(self, market):
        """Exactly as many winners as there are coupons, or claimants."""
        self.client.close()  # it was idle for as long as the crowd was there, and the node may have closed it
        claims = market.claims()
        for coupon in market.shared.coupons:
            claimants = [user for where, user in claims if where == coupon]
            verdicts = Counter(self.client.send("GET", f"/api/v1/coupons/{coupon}/claims/{user}").json()["state"]
                               for user in claimants)
            self.assertEqual(verdicts["ISSUED"], min(WINNERS, len(claimants)), f"coupon {coupon}: {verdicts}")

    def audit_gateway(self):
        """What the gateway took and gave is what the shop says."""
        ledger = self.gateway.ledger()
        taken = {entry["key"]: entry["amount"] for entry in ledger["charges"] if entry["status"] == "succeeded"}
        given = {entry["key"]: entry["amount"] for entry in ledger["refunds"] if entry["status"] == "succeeded"}
        paid = {row[0]: int(row[1]) for row in self.database.run(
            "SELECT gateway_key, amount FROM payment WHERE method = 'CARD' AND amount > 0 AND (state <> 'FAILED' "
            "OR refunded > 0)")}
        back = {row[0]: int(row[1]) for row in self.database.run(
            "SELECT gateway_key, amount FROM refund WHERE gateway_key IS NOT NULL AND state = 'SUCCEEDED' AND amount > 0")}
        self.assertEqual(paid.items() - taken.items(), set(), "charges that the shop alone knows")
        self.assertEqual(taken.items() - paid.items(), set(), "charges that the gateway alone knows")
        self.assertEqual(back.items() - given.items(), set(), "refunds that the shop alone knows")
        self.assertEqual(given.items() - back.items(), set(), "refunds that the gateway alone knows")

    def audit_topics(self):
        records = read_topics(self.stack, self.prefix, ("order", "point_account", "payment", "coupon"))
        self.assertEqual(order_violations(records), [])
        self.assertEqual(Checker().mistakes_of(records), [])
        first = {record.event: record for record in records}.values()
        produced = Counter(record.type for record in first)
        self.assertEqual(set(documented()) - set(produced), set(), "types that nobody produced")
        self.assertEqual(set(produced) - set(documented()), set(), "types that nobody documented")
        complete = {int(row[0]) for row in self.database.run("SELECT id FROM orders WHERE state = 'COMPLETE'")}
        told = Counter(record.payload["orderId"] for record in first if record.type == "PaymentCompleted")
        self.assertEqual(told, Counter(complete), "PaymentCompleted once for each complete order")
        return produced

    def test_all_books_agree_after_a_crowd_and_a_storm(self):
        market = Market([node.port for node in self.nodes], *self.furnish(), size=THREADS)
        market.start()
        try:
            self.storm(market)
        finally:
            fair(self.gateway)
            market.stop()
        for (action, outcome), times in sorted(market.done().items()):
            print(f"    {action:14} {outcome:24} {times}", flush=True)
        print(f"    {dict(market.tally.troubles)} {self.gateway.state()}", flush=True)
        begin = now()
        until(self.settled, lambda: f"nothing unsettled: {self.left()} {self.gateway.state()}", 180, every=0.3)
        print(f"    settled within {now() - begin:.1f} s", flush=True)

        self.audit()
        self.audit_clients(market)
        self.audit_loyalty()
        self.audit_claims(market)
        self.audit_gateway()
        print(f"    {dict(self.audit_topics())}", flush=True)
        self.assertEqual(self.missing(market), set())
        self.assertEqual([answer["status"] for answer in self.gateway.state()["forgedAnswers"]], [401], "forged callbacks")

    def missing(self, market):
        """What did not happen: the test would show less than it says."""
        seen = {row[0] for row in self.database.run(
            "SELECT DISTINCT state FROM orders UNION SELECT DISTINCT CONCAT(method, ' ', state) FROM payment "
            "UNION SELECT DISTINCT CONCAT('refund ', origin, ' ', state) FROM refund UNION SELECT DISTINCT target FROM compensation")}
        seen |= {outcome for _, outcome in market.done()}
        seen |= {f"forged {answer['status']}" for answer in self.gateway.state()["forgedAnswers"]}
        return {"COMPLETE", "CANCELLED", "EXPIRED", "POINTS SUCCEEDED", "POINTS REFUNDED", "CARD SUCCEEDED", "CARD FAILED",
                "CARD REFUNDED", "refund REQUEST SUCCEEDED", "refund COMPENSATION SUCCEEDED", "STOCK", "COUPON", "REFUND",
                "RETURN", "sold_out", "wrong_order_state", "order_expired", "card_declined", "forged 401"} - seen


if __name__ == "__main__":
    unittest.main()
