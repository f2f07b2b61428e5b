#!/usr/bin/python3
"""outboxctl jobs: what operators see of jobs, and what becomes of their orders; what histories forget."""

import signal
import unittest
import uuid

from support.case import DaemonTest
from support.client import Client
from support.waiting import until

REFUSED, USAGE = 1, 64


class Jobs(DaemonTest):
    def started(self, *roles, **settings):
        """A node that has said what its jobs are."""
        node = self.node(roles=list(roles), **settings).migrate().start().ready()
        until(lambda: self.database.number("SELECT COUNT(*) FROM job_control WHERE job = 'order-expiry'") == 1,
              lambda: f"the declaration of its jobs\n{node.tail()}")
        return node

    def test_an_operator_sees_what_runs_when_and_how_it_went(self):
        node = self.started("jobs")
        listed = {job["name"]: job for job in node.desk("jobs", "list")["items"]}
        self.assertIn("order-expiry", listed)
        self.assertTrue(listed["node-heartbeat"]["everyNode"])
        status, text = node.ctl("jobs", "list")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"JOB +RUNS +NEXT +LAST +OUTCOME +ON +PAUSED BY +LOCKED BY\n")
        self.assertRegex(text, r"\norder-expiry +a second after the end of the run before ")
        until(lambda: node.desk("jobs", "show", "order-expiry")["lastOutcome"] == "DONE", "a first run")
        shown = node.desk("jobs", "show", "order-expiry")
        self.assertEqual(shown["lastNode"], "node")
        self.assertTrue(shown["lastTerm"].startswith("node:"))
        self.assertEqual(len(shown["nextRuns"]), 10)
        self.assertEqual(sorted(shown["nextRuns"]), shown["nextRuns"])
        status, text = node.ctl("jobs", "show", "order-expiry")
        self.assertRegex(text, r"job +order-expiry\n(.*\n)*last outcome +DONE\n(.*\n)*\nnext runs\n  20")
        until(lambda: node.desk("jobs", "history", "order-expiry")["items"], "a first line of the history")
        status, text = node.ctl("jobs", "history", "order-expiry", "--outcome", "DONE", "--limit", "1")
        self.assertRegex(text, r"RUN +STARTED .*\n +\d+ .* DONE +node ")
        status, text = node.ctl("jobs", "show", "order-expiri")
        self.assertEqual(status, REFUSED, text)
        self.assertIn("did you mean order-expiry?", text)
        self.assertEqual(node.ctl("jobs", "history", "order-expiry", "--outcome", "BROKEN")[0], REFUSED)

    def test_a_paused_job_stands_still_until_it_is_resumed_and_runs_when_it_is_ordered(self):
        node = self.started("api", "jobs", orders={"payment_window": "1s"},
                            jobs={"order-expiry": {"schedule": "after 100ms"}})
        self.assertEqual(node.ctl("jobs", "pause", "order-expiry")[0], USAGE, "without a reason")
        status, text = node.ctl("jobs", "pause", "order-expiry", "--reason", "stock is counted", "--operator", "kim")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"^order \d+: order-expiry is paused")
        status, text = node.ctl("jobs", "pause", "order-expiry", "--reason", "me, too", "--operator", "lee")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"order-expiry is paused already, by admin:kim since .*: stock is counted")
        # A run that was under way has ended when the lock is free.
        until(lambda: node.desk("jobs", "show", "order-expiry")["holder"] is None, "the end of a run")
        self.place_unpaid(node)
        until(lambda: self.overdue() == 1, "the end of the order's time")
        until(lambda: any(run["skipReason"] == "PAUSED" for run in
                          node.desk("jobs", "history", "order-expiry", "--outcome", "SKIPPED")["items"]), "a skip")
        self.assertEqual(self.overdue(), 1)
        status, text = node.ctl("jobs", "run", "order-expiry", "--wait", "--operator", "kim")
        self.assertEqual((status, text), (0, "DONE on node\n"))
        self.assertEqual(self.overdue(), 0)
        self.assertEqual(node.desk("jobs", "history", "order-expiry")["items"][0]["askedBy"], "admin:kim")
        self.place_unpaid(node)
        self.assertRegex(node.ctl("jobs", "resume", "order-expiry")[1], r"^order \d+: order-expiry runs again\n")
        self.assertEqual(node.ctl("jobs", "resume", "order-expiry"), (0, "order-expiry is not paused\n"))
        until(lambda: self.expired() == 2, "both orders' end")
        self.assertEqual([entry["action"] for entry in node.desk("audit")["items"]],
                         ["job.resume", "job.run", "job.pause"])

    def test_a_run_that_is_waited_for_tells_how_it_ended(self):
        node = self.started("jobs")
        waited = node.desk("jobs", "run", "idempotency-retention", "--wait")
        self.assertEqual((waited["state"], waited["run"]["outcome"]), ("ENDED", "DONE"))
        self.database.run("RENAME TABLE idempotency_key TO gone")
        status, text = node.ctl("jobs", "run", "idempotency-retention", "--wait")
        self.assertEqual(status, REFUSED, text)
        self.assertRegex(text, r"^FAILED on node: .*idempotency_key")
        status, text = node.ctl("jobs", "run", "node-heartbeat")
        self.assertEqual(status, REFUSED, text)
        self.assertIn("Each node runs this job for itself", text)

    def test_an_order_waits_for_a_node_and_is_given_once(self):
        node = self.started("jobs", jobs={"order-expiry": {"schedule": "after 1h", "lock_at_most": "3s"}})
        until(lambda: node.desk("jobs", "show", "order-expiry")["lastOutcome"] == "DONE", "the first run")
        other = self.node("other", roles=["api"]).start().ready()
        node.signal(signal.SIGSTOP)
        order = other.desk("jobs", "run", "order-expiry")
        self.assertEqual(other.desk("jobs", "run", "order-expiry")["orderId"], order["orderId"], "one run for both")
        self.assertEqual(other.desk("jobs", "show", "order-expiry")["runAskedBy"].split(":")[0], "admin")
        node.signal(signal.SIGCONT)
        self.assertEqual(other.desk("jobs", "run", "order-expiry", "--wait")["run"]["outcome"], "DONE")

    def test_histories_forget_what_is_old(self):
        node = self.started("jobs", "consumers")
        self.database.run("""INSERT INTO job_run (job, node, started_at, outcome)
            SELECT 'old', 'n', UTC_TIMESTAMP(6) - INTERVAL 40 DAY, 'DONE' FROM seq_1_to_20;
            INSERT INTO processed_event (handler, event_id, processed_at)
            SELECT 'h', UNHEX(REPLACE(UUID(), '-', '')), UTC_TIMESTAMP(6) - INTERVAL 40 DAY FROM seq_1_to_20""")
        self.assertEqual(node.ctl("jobs", "run", "history-retention", "--wait"), (0, "DONE on node\n"))
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM job_run WHERE job = 'old'"), 1)
        # As long as a topic that is read may give an event again, it must be known that it had its effect.
        until(lambda: self.database.run("SELECT DISTINCT topic FROM consumer_progress"), "progress of a listener")
        topic = self.database.run("SELECT MIN(topic) FROM consumer_progress")[0][0]
        self.stack.set_topic(topic, "retention.ms", "-1")
        self.assertEqual(node.ctl("jobs", "run", "processed-retention", "--wait"), (0, "DONE on node\n"))
        self.assertEqual(self.processed(), 20)
        kept = node.logged("processed_events_kept")
        self.assertEqual([line["topic"] for line in kept], [topic])
        self.stack.set_topic(topic, "retention.ms", "86400000")
        self.assertEqual(node.ctl("jobs", "run", "processed-retention", "--wait"), (0, "DONE on node\n"))
        self.assertEqual(self.processed(), 0)

    # --- orders of customers ---------------------------------------------------------------------------------------

    def place_unpaid(self, node):
        client = Client(node.port)
        self.addCleanup(client.close)

        def post(path, body):
            answer = client.send("POST", path, body, uuid.uuid4().hex)
            self.assertEqual(answer.status, 201, answer)
            return answer.json()

        user = post("/api/v1/users", {"username": uuid.uuid4().hex, "email": "u@example.org"})["userId"]
        product = post("/api/v1/products", {"name": "p", "price": 5, "stock": 9})["productId"]
        post("/api/v1/orders", {"userId": user, "lines": [{"productId": product, "quantity": 2}]})

    def overdue(self):
        return self.database.number("SELECT COUNT(*) FROM orders WHERE state = 'WAITING' AND expires_at < UTC_TIMESTAMP(6)")

    def expired(self):
        return self.database.number("SELECT COUNT(*) FROM orders WHERE state = 'EXPIRED'")

    def processed(self):
        return self.database.number("SELECT COUNT(*) FROM processed_event")


if __name__ == "__main__":
    unittest.main()
