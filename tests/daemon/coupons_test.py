#!/usr/bin/python3
"""A crowd claims a first-come coupon at two nodes, with and without trouble in Redis: exactly as many win as there are.

OUTBOXD_TEST_CLAIMS: how many users claim; 3,000 by default. There is a coupon for every hundredth at most, else for each
thirtieth.
"""

import json
import socket
import threading
import unittest
from collections import defaultdict

from support.audit import drained
from support.case import DaemonTest, number_from
from support.claimants import Run
from support.client import Client
from support.stack import Stack
from support.topics import order_violations, read_topics
from support.waiting import now, until

USERS = number_from("OUTBOXD_TEST_CLAIMS", 3000)
TOTAL = USERS // (100 if USERS > 10_000 else 30)
TIMES = 2  # how often each user claims


class Coupons(DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack.own("coupons")
        cls.addClassCleanup(cls.stack.down)

    def setUp(self):
        super().setUp()
        self.first = self.node("first").migrate().start().ready()
        self.second = self.node("second").start().ready()
        self.ports = [self.first.port, self.second.port]

    def crowd(self, size):
        self.database.run(f"""SET max_recursive_iterations = 1000000;
            INSERT INTO users (username, email, created_at, updated_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
            SELECT CONCAT('user', i), 'a@b', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM n;
            INSERT INTO point_account (user_id) SELECT id FROM users;""")
        return [user for user, in self.database.numbers("SELECT id FROM users ORDER BY id")]

    def coupon(self, total):
        client = Client(self.first.port)
        self.addCleanup(client.close)
        made = client.send("POST", "/api/v1/coupons", {"name": "spring", "kind": "FIXED", "discount": 500, "total": total,
                                                       "startsAt": "2020-01-01T00:00:00Z",
                                                       "endsAt": "2120-01-01T00:00:00Z"})
        self.assertEqual(made.status, 201, made)
        return made.json()["couponId"]

    def redis(self, *words):
        """One command to the Redis of this test."""
        settings = self.stack.redis_settings()
        with socket.create_connection((settings["host"], settings["port"]), timeout=10) as connection:
            connection.sendall(b"".join([b"*%d\r\n" % len(words)] +
                                        [b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words]))
            return connection.recv(4096)

    def claims(self, state):
        return self.database.number(f"SELECT COUNT(*) FROM coupon_claim WHERE state = '{state}'")

    def total_of(self, metric):
        return sum(node.metric(metric) for node in (self.first, self.second))

    def claim_all(self, trouble=lambda: None):
        """The coupon, and what every user was told; `trouble` happens once a quarter of the coupons is claimed."""
        users = self.crowd(USERS)
        coupon = self.coupon(TOTAL)
        run = Run(self.ports, coupon, users, TIMES)
        until(lambda: self.database.number("SELECT COUNT(*) FROM coupon_claim") >= TOTAL // 4, "claims", 60)
        trouble()
        told = run.answers()
        rate = len(told) / run.seconds
        began = now()
        until(lambda: self.claims("WAITING") == 0, lambda: f"the drain; {self.claims('WAITING')} claims wait", 120)
        print(f"\n{USERS} users, {len(told)} claims in {run.seconds:.1f} s: {rate:.0f}/s, {run.again} sent again; "
              f"the last verdict {now() - began:.1f} s later", flush=True)
        self.assertEqual(len(told), USERS * TIMES)
        return coupon, users, told

    def audit(self, coupon, users, told):
        states = {int(user): state for user, state in self.database.run("SELECT user_id, state FROM coupon_claim")}
        issued = {user for user, state in states.items() if state == "ISSUED"}
        lost = {user for user, state in states.items() if state == "SOLD_OUT"}
        self.assertEqual(len(issued), TOTAL, "exactly as many as there are")
        self.assertEqual(issued | lost, set(states), "everything is decided")
        self.assertEqual(self.database.number("SELECT MAX(id) < (SELECT MIN(id) FROM coupon_claim WHERE state = 'SOLD_OUT')"
                                              " FROM coupon_claim WHERE state = 'ISSUED'"), 1, "in the order of claims")
        self.assertEqual({user for user, in self.database.numbers("SELECT user_id FROM user_coupon")}, issued)
        self.assertEqual(self.database.numbers(f"SELECT issued, total FROM coupon WHERE id = {coupon}"), [(TOTAL, TOTAL)])

        heard = defaultdict(set)
        for user, answer in told:
            heard[user].add(answer)
        self.assertEqual(set(heard), set(users))
        for user, answers in heard.items():
            self.assertLessEqual(answers, {"WAITING", "ISSUED", "SOLD_OUT", "coupon_sold_out"}, user)
            if user in issued:
                self.assertLessEqual(answers, {"WAITING", "ISSUED"}, f"user {user} won")
            else:
                self.assertNotIn("ISSUED", answers, f"user {user} lost")
            if user not in states:
                self.assertEqual(answers, {"coupon_sold_out"}, f"user {user} was refused and stands in no queue")

        verdicts = dict(Run(self.ports, coupon, users, 0).answers())
        self.assertEqual(verdicts, {user: states.get(user, "coupon_sold_out") for user in users})
        print(f"{len(issued)} issued, {len(lost)} lost in the queue, {len(users) - len(states)} refused at the door; "
              f"filtered {self.total_of('outboxd_coupon_claims_filtered_total'):.0f}, "
              f"batches {self.total_of('outboxd_coupon_claim_batches_total'):.0f}", flush=True)
        self.audit_topics(coupon, issued, lost)

    def audit_topics(self, coupon, issued, lost):
        drained(self.database)
        records = read_topics(self.stack, self.prefix, ["coupon"])
        self.assertEqual(order_violations(records), [])
        payloads = {record.event: record for record in records}
        won = [record.payload["userId"] for record in payloads.values() if record.type == "CouponIssued"]
        told = [user for record in payloads.values() if record.type == "CouponSoldOut"
                for user in record.payload["userIds"]]
        self.assertEqual((sorted(won), sorted(told)), (sorted(issued), sorted(lost)))
        self.assertEqual({record.key for record in records}, {str(coupon)})

    def test_exactly_as_many_win_as_there_are(self):
        self.audit(*self.claim_all())

    def test_redis_killed_in_the_middle_changes_nothing(self):
        def trouble():
            self.stack.control("kill-redis")
            timer = threading.Timer(3, self.stack.control, ["start-redis"])
            timer.start()
            self.addCleanup(timer.join)
        self.audit(*self.claim_all(trouble))

    def test_redis_flushed_in_the_middle_changes_nothing(self):
        def trouble():
            for _ in range(5):
                self.assertEqual(self.redis("FLUSHALL"), b"+OK\r\n")
        self.audit(*self.claim_all(trouble))

    def test_once_sold_out_redis_answers_and_knows_the_winners_again_after_a_flush(self):
        users = self.crowd(20)
        coupon = self.coupon(2)
        Run(self.ports, coupon, users[:3], 1).answers()
        until(lambda: self.claims("WAITING") == 0, "the drain", 30)
        key = f"outboxd:{self.database.schema}:coupon:{coupon}"
        for _ in range(2):
            until(lambda: self.redis("HEXISTS", key, "sold_out") == b":1\r\n", "the filter knows", 30)
            before = self.total_of("outboxd_coupon_claims_filtered_total")
            told = dict(Run(self.ports, coupon, users, 1).answers())
            self.assertEqual([told[user] for user in users[:3]].count("ISSUED"), 2)
            self.assertEqual([told[user] for user in users[:3]].count("SOLD_OUT"), 1)
            self.assertEqual({told[user] for user in users[3:]}, {"coupon_sold_out"})
            self.assertEqual(self.total_of("outboxd_coupon_claims_filtered_total") - before, 20)
            self.redis("FLUSHALL")

    def test_whoever_waits_is_told_at_once_and_let_go_when_the_node_stops(self):
        users = self.crowd(2)
        coupon = self.coupon(1)
        client = Client(self.second.port)
        self.addCleanup(client.close)
        self.assertEqual(client.send("POST", f"/api/v1/coupons/{coupon}/claims", {"userId": users[0]}).status, 202)
        verdict = client.send("GET", f"/api/v1/coupons/{coupon}/claims/{users[0]}?wait=30s").json()
        self.assertEqual(verdict["state"], "ISSUED")

        # Nothing decides any more: the drain's lock is taken by somebody else.
        self.database.run("INSERT INTO shedlock (name, lock_until, locked_at, locked_by) VALUES ('coupon-drain', "
                          "'2100-01-01', UTC_TIMESTAMP(3), 'the test') ON DUPLICATE KEY UPDATE "
                          "lock_until = '2100-01-01', locked_by = 'the test'")
        self.database.run(f"INSERT INTO coupon_claim (coupon_id, user_id) VALUES ({coupon}, {users[1]})")
        answers = []

        def wait():
            answers.append(client.send("GET", f"/api/v1/coupons/{coupon}/claims/{users[1]}?wait=25s"))
        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: self.second.metric("outboxd_coupon_claims_watched") == 1, "the request waits", 30)
        began = now()
        self.assertEqual(self.second.terminate(), 0)
        thread.join()
        self.assertEqual(json.loads(answers[0].body)["state"], "WAITING")
        print(f"\nlet go and stopped within {now() - began:.1f} s", flush=True)


if __name__ == "__main__":
    unittest.main()
