#!/usr/bin/python3
"""The holder of a job's lock is stopped in the middle of a transaction, past its lease; another node takes over; the
sleeper wakes up and cannot commit.

Each node has a database user of its own, and a trigger notes who expired which order: what was rolled back leaves no note.

OUTBOXD_TEST_STOPS says how often; 50 is the figure of docs/testing.md.
"""

import signal
import unittest
import uuid

from support.case import DaemonTest, number_from
from support.client import Client
from support.rows import HeldRow
from support.waiting import now, until

STOPS = number_from("OUTBOXD_TEST_STOPS", 3)
JOB = "order-expiry"
SHELF = 100  # products, so that rows are found by their keys: a table of two rows is read from end to end, locks and all
EASY = 5  # further orders of each round, of another product
FENCED = f'outboxd_fenced_transactions_total{{job="{JOB}"}}'


class Sleepers(DaemonTest):
    def setUp(self):
        super().setUp()
        self.shop = self.node("shop", roles=["api"]).migrate().start().ready()
        self.client = Client(self.shop.port)
        self.addCleanup(self.client.close)
        self.database.run("""CREATE TABLE test_expired (order_id BIGINT NOT NULL, who VARCHAR(128) NOT NULL);
            CREATE TRIGGER test_expiry AFTER UPDATE ON orders FOR EACH ROW
            INSERT INTO test_expired SELECT NEW.id, SUBSTRING_INDEX(USER(), '@', 1)
            FROM DUAL WHERE OLD.state <> 'EXPIRED' AND NEW.state = 'EXPIRED'""")
        self.buyer = self.post("/api/v1/users", {"username": uuid.uuid4().hex, "email": "u@example.org"})["userId"]
        self.easy = self.product()
        for _ in range(SHELF):
            self.product()
        self.database.run("ANALYZE TABLE stock_slot")
        self.nodes = {name: self.worker(name) for name in ("first", "second")}

    def worker(self, name):
        user = f"{self.database.schema[-12:]}_{name}"
        for host in ("%", "localhost"):
            self.database.run(f"CREATE USER '{user}'@'{host}' IDENTIFIED BY '{self.stack.password}'; "
                              f"GRANT ALL ON `{self.database.schema}`.* TO '{user}'@'{host}'")
            self.addCleanup(self.database.run, f"DROP USER '{user}'@'{host}'", schema="")
        node = self.node(name, roles=["jobs"], database={"user": user, "statement_timeout": "5m"},
                         jobs={JOB: {"schedule": "after 1s", "lock_at_most": "4s", "initial_delay": "0s"}})
        node.user = user
        return node.start().ready()

    def post(self, path, body):
        answer = self.client.send("POST", path, body, uuid.uuid4().hex)
        self.assertEqual(answer.status, 201, answer)
        return answer.json()

    def product(self):
        return self.post("/api/v1/products", {"name": "p", "price": 5, "stock": 1000})["productId"]

    def place(self, product):
        lines = [{"productId": product, "quantity": 2}]
        return self.post("/api/v1/orders", {"userId": self.buyer, "lines": lines})["orderId"]

    def expire(self, orders, age):
        numbers = ",".join(map(str, orders))
        # So that only these rows are looked at: the sleeper has another one.
        self.database.run(f"""SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; UPDATE orders FORCE INDEX (PRIMARY)
                              SET expires_at = UTC_TIMESTAMP(6) - INTERVAL {age} WHERE id IN ({numbers})""")

    # --- what the database says ------------------------------------------------------------------------------------

    def term(self):
        """The job's valid term, or an empty text."""
        rows = self.database.run(f"SELECT locked_by FROM shedlock WHERE name = '{JOB}' AND lock_until > UTC_TIMESTAMP(3)")
        return rows[0][0] if rows else ""

    def waits(self, user):
        """Whether a transaction of this user waits for a row."""
        return self.database.number(
            f"""SELECT COUNT(*) FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p
                ON p.ID = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.USER = '{user}'""") > 0

    def skips(self, term):
        """How often a node noted that it waited for this term."""
        return self.database.number(f"""SELECT COUNT(*) FROM job_run WHERE job = '{JOB}' AND outcome = 'SKIPPED'
                                        AND skip_reason = 'HELD_ELSEWHERE' AND holder = '{term}'""")

    def expired(self, order):
        return [row[0] for row in self.database.run(f"SELECT who FROM test_expired WHERE order_id = {order}")]

    # --- one stop --------------------------------------------------------------------------------------------------

    def in_the_middle(self):
        """The term whose transaction certainly waits for our row, once the other node has noted who holds the lock."""
        term = self.term()
        node = self.nodes.get(term.split(":")[0])
        return term if node and self.waits(node.user) and self.skips(term) > 0 and self.term() == term else None

    def put_to_sleep(self):
        """Stops the holder in the middle of its transaction: the node and its term."""
        while True:
            term = until(self.in_the_middle, lambda: f"a holder in the middle; {self.term()}", 120)
            sleeper = self.nodes[term.split(":")[0]]
            sleeper.signal(signal.SIGSTOP)
            if self.waits(sleeper.user) and self.term() == term:
                return sleeper, term
            sleeper.signal(signal.SIGCONT)  # it gave up waiting at that very moment

    def stop_once(self):
        """Returns who slept."""
        wanted = self.product()
        order, others = self.place(wanted), [self.place(self.easy) for _ in range(EASY)]
        row = HeldRow(self.database, f"SELECT quantity FROM stock_slot WHERE product_id = {wanted}")
        self.addCleanup(row.release)
        self.expire([order], "1 HOUR")
        sleeper, term = self.put_to_sleep()
        self.expire(others, "1 MINUTE")
        row.release()  # the sleeper's statement is done by the server; all that it lacks is the fence and the commit
        other = next(node for node in self.nodes.values() if node is not sleeper)
        until(lambda: all(self.expired(one) for one in others),
              lambda: f"{other.name} takes over; {self.term()}\n{other.tail()}", 120)
        self.assertEqual(self.expired(order), [], "the order is still in the sleeper's hands")
        sleeper.signal(signal.SIGCONT)
        until(lambda: self.expired(order), lambda: f"the end of order {order}\n{other.tail()}", 120)
        self.assertEqual([self.expired(one) for one in others], [[other.user]] * EASY)
        lost = self.database.run(f"SELECT outcome, node FROM job_run WHERE job = '{JOB}' AND term = '{term}'")
        self.assertEqual(lost, [["LOST", sleeper.name]])
        return sleeper

    def test_a_holder_that_slept_past_its_lease_writes_nothing(self):
        began, slept = now(), {name: 0 for name in self.nodes}
        orders = 0
        for _ in range(STOPS):
            sleeper = self.stop_once()
            slept[sleeper.name] += 1
            orders += 1 + EASY
            until(lambda: sleeper.metric(FENCED) == slept[sleeper.name],
                  lambda: f"{slept[sleeper.name]} fenced transactions of {sleeper.name}: {sleeper.metric(FENCED)}")
        print(f"\n{STOPS} stops in {now() - began:.0f} s, {slept}; fenced "
              f"{sum(node.metric(FENCED) for node in self.nodes.values()):.0f}", flush=True)
        # Each order ended once, and everything is where it belongs.
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM test_expired"), orders)
        self.assertEqual(self.database.number("SELECT COUNT(DISTINCT order_id) FROM test_expired"), orders)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_event WHERE type = 'OrderExpired'"), orders)
        self.assertEqual(self.database.number("SELECT MIN(total) FROM (SELECT SUM(quantity) AS total FROM stock_slot "
                                              "GROUP BY product_id) t"), 1000)
        status, text = self.shop.command("audit")
        self.assertEqual(status, 0, text)
        history = self.shop.desk("jobs", "history", JOB, "--outcome", "LOST", "--limit", "100")["items"]
        self.assertEqual(len(history), STOPS)


if __name__ == "__main__":
    unittest.main()
