#!/usr/bin/python3
"""outboxctl reconcile on running nodes: nothing is found while a crowd is in the shop; what is planted is found, repaired and
written down, and found no more.

OUTBOXD_TEST_RECONCILE_RUNS: how many runs are made beside the crowd; 1 by default.
"""

import json
import tempfile
import unittest
import uuid

from support.audit import drained
from support.case import DaemonTest, number_from
from support.client import Client
from support.gateway import Gateway
from support.market import Market
from support.waiting import until

RUNS = number_from("OUTBOXD_TEST_RECONCILE_RUNS", 1)
HOUR = "DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL 5 HOUR, '%Y-%m-%d %H:00:00')"


class Reconcile(DaemonTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="outboxd-gateway-")
        self.addCleanup(folder.cleanup)
        self.running = self.node("node-1", relay={"lease": "2s", "renew_every": "500ms"})
        self.gateway = Gateway(self.running.port, folder.name)
        self.addCleanup(self.gateway.close)
        self.running.write_config(gateway=self.gateway.settings())
        self.running.migrate().start().ready()
        self.client = Client(self.running.port)
        self.addCleanup(self.client.close)

    def furnish(self):
        users = [self.client.made("/api/v1/users", {"username": f"u{at}", "email": f"u{at}@example.org"})["userId"]
                 for at in range(8)]
        products = [self.client.made("/api/v1/products", {"name": name, "price": 100, "stock": 100_000})["productId"]
                    for name in ("mug", "pen", "lamp")]
        coupons = [self.client.made("/api/v1/coupons", {"name": f"c{at}", "kind": "FIXED", "discount": 10, "total": 5,
                                                        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z"})
                   ["couponId"] for at in range(3)]
        return users, products, coupons

    def reconcile(self, *options):
        """Exit status, the run, and what it found."""
        status, text = self.running.ctl("reconcile", *options, "--wait", "--json")
        self.assertIn(status, (0, 1), text)
        answer = json.loads(text)
        run, found = answer["run"], answer["findings"]["items"]
        while cursor := answer["findings"]["nextCursor"]:
            done, text = self.running.ctl("reconcile", "show", str(run["runId"]), "--cursor", cursor, "--json")
            self.assertEqual(done, 0, text)
            answer = json.loads(text)
            found += answer["findings"]["items"]
        return status, run, found

    def clean(self, *options):
        status, run, found = self.reconcile(*options)
        self.assertEqual((status, run["state"], found), (0, "DONE", []), run)
        return run

    def verdicts(self, found):
        """Without the history rows that were added up wrongly since a balance was: there may be any number of them."""
        return sorted((one["check"], one["verdict"]) for one in found if one["check"] != "points_running")

    def plant(self, user, product):
        """Returns the checks that see it and mend it."""
        lost = uuid.uuid4().hex
        self.database.run(f"""
            UPDATE point_account SET balance = balance + 7 WHERE user_id = {user};
            UPDATE stock_slot SET quantity = quantity - 3 WHERE product_id = {product} AND slot = 0;
            INSERT INTO product_sales (bucket_hour, product_id, quantity) VALUES ({HOUR}, {product}, 4);
            INSERT INTO coupon (name, kind, discount, total, issued, starts_at, ends_at) VALUES ('few', 'FIXED', 1, 1, 1,
                '2026-01-01', '2100-01-01');
            SET @few = LAST_INSERT_ID();
            INSERT INTO user_coupon (coupon_id, user_id, issued_at) SELECT @few, id, '2026-01-01' + INTERVAL id SECOND
                FROM users ORDER BY id LIMIT 3;
            INSERT INTO coupon_claim (coupon_id, user_id, state) SELECT @few, user_id, 'ISSUED' FROM user_coupon WHERE
                coupon_id = @few;
            INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) VALUES (UNHEX(MD5('few')),
                'coupon', @few, 'CouponIssued', '{{}}');
            BEGIN;
            INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) VALUES (UNHEX('{lost}'),
                'order', 'lost', 'Changed', '{{}}');
            DELETE FROM outbox_queue WHERE id = LAST_INSERT_ID();
            COMMIT;""")
        return ["coupon_over_issued", "points_balance", "sales_of_hours", "sent_events", "stock_identity"]

    def test_nothing_is_found_in_a_living_shop_and_what_is_planted_is_mended(self):
        users, products, coupons = self.furnish()
        market = Market([self.running.port], users, products, coupons, size=8)
        market.start()
        try:
            until(lambda: market.errors or self.database.number("SELECT COUNT(*) FROM orders") > 50, "a crowd", 120)
            for _ in range(RUNS):
                run = self.clean("--reason", "a look")
                market.check()
            self.assertEqual({check["check"] for check in run["made"]} >= {
                "coupon_cache", "gateway_payments", "gateway_refunds", "sales_of_hours", "sent_events"}, True, run)
            self.assertEqual([check for check in run["made"] if check["error"]], [])

            planted = self.plant(users[0], products[0])
            until(lambda: self.database.number(  # what is planted into the past must be worked off
                f"SELECT COALESCE(MIN(up_to) > {HOUR} + INTERVAL 2 HOUR, 0) FROM consumer_progress WHERE handler = 'ranking'"),
                "a ranking that is up to date")
            these = [word for check in (*planted, "points_running", "coupon_counts", "coupon_claim_winner") for word in ("--check", check)]
            status, run, found = self.reconcile("--repair", "--dry-run", *these)
            self.assertEqual((status, run["mode"], self.verdicts(found)), (1, "DRY_RUN", sorted(
                [(check, "PROPOSED") for check in planted] + [("coupon_counts", "PERSON")])))  # until the first is mended
            status, run, found = self.reconcile("--repair", "--yes", "--operator", "kim", *these)
            self.assertEqual((status, run["state"], self.verdicts(found)),
                             (0, "DONE", [(check, "REPAIRED") for check in planted]))
            market.check()
            audited = {int(row[0]) for row in self.database.run("SELECT id FROM audit_log WHERE action = 'reconcile.repair' "
                                                                "AND actor = 'admin:kim'")}
            self.assertEqual({one["auditId"] for one in found if one["verdict"] == "REPAIRED"}, audited)
            self.clean("--repair", "--yes", *these)
        finally:
            market.stop()
        drained(self.database)
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_command WHERE state = 'PENDING'") == 0, "orders done")
        self.clean("--check", "sent_events")
        status, text = self.running.command("audit")
        self.assertEqual(status, 0, text)
        self.assertEqual(self.database.numbers("SELECT SUM(state = 'INVALIDATED'), COUNT(*) FROM user_coupon WHERE coupon_id = "
                                               "(SELECT MAX(id) FROM coupon)"), [(2, 3)])
        until(lambda: self.running.metric('outboxd_reconcile_complete_timestamp_seconds') > 0, "figures", 90)
        self.assertEqual(self.running.metric('outboxd_reconcile_findings{check="points_balance"}'), 0)

    def test_an_operator_orders_shows_and_cancels_runs(self):
        self.running.terminate()
        watcher = self.node("watcher", roles=["api"]).start().ready()  # it makes no runs
        status, text = watcher.ctl("reconcile", "--check", "points")
        self.assertEqual(status, 1, text)
        self.assertIn("There is no check points. There are stock_identity, ", text)
        status, text = watcher.ctl("reconcile", "--repair")
        self.assertEqual(status, 64, text)
        self.assertIn("next step: the same with --yes, or with --dry-run", text)
        self.assertEqual(watcher.ctl("reconcile", "show"), (0, "no run was made yet\n"))
        first = watcher.desk("reconcile", "--check", "points_balance", "--check", "order_total")["runId"]
        second = watcher.desk("reconcile", "--check", "points_balance")["runId"]
        self.assertEqual(watcher.ctl("reconcile", "cancel", str(first))[0], 0)
        self.assertEqual(watcher.ctl("reconcile", "cancel", str(first))[0], 1)
        self.assertIn("ASKED", watcher.ctl("reconcile", "list")[1])
        self.database.run("INSERT INTO users (id, username, email) VALUES (7, 'u', 'u@example.org');"
                          "INSERT INTO point_account (user_id, balance) VALUES (7, 5);")
        other = self.node("other", roles=["jobs"]).start().ready()
        until(lambda: other.desk("reconcile", "show", str(second))["run"]["state"] == "DONE", "the run that was asked for")
        status, text = watcher.ctl("reconcile", "show", str(second))
        self.assertRegex(text, r"made by +other\n")
        self.assertIn("points_balance: point_account 7: expected 0; found 5\n  REPORTED: a repair sets the balance", text)
        self.assertEqual(watcher.desk("reconcile", "show", str(first))["run"]["state"], "CANCELLED")
        self.assertEqual(watcher.ctl("reconcile", "show", "99")[0], 1)


if __name__ == "__main__":
    unittest.main()
