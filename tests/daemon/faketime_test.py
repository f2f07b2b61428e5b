#!/usr/bin/python3
"""Nodes whose clocks are an hour wrong, or are set while they run: no planned time is begun twice, no two hold a lock, and no
job stops. Triggers on the tables note each run and each lock as it is taken, with the database's time.
"""

import datetime
import email.utils
import http.client
import os
import tempfile
import unittest
from collections import Counter

from support.case import DaemonTest, number_from
from support.node import sanitized
from support.waiting import until
from support.wrongclock import LIBRARY, Movable, moved

RUNS = number_from("OUTBOXD_TEST_CLOCK_RUNS", 2)  # of each job, in each situation
EVERY = 2  # seconds
JOBS = {"coupon-drain": f"*/{EVERY} * * * * *", "order-expiry": f"every {EVERY}s", "idempotency-retention": "after 1s"}
PLANNED = ("coupon-drain", "order-expiry")

NOTES = """
CREATE TABLE test_begun (id INT AUTO_INCREMENT PRIMARY KEY, job VARCHAR(64), node VARCHAR(128), planned DATETIME(6),
                         started DATETIME(6), last_end DATETIME(6));
CREATE TABLE test_taken (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64), holder VARCHAR(255), locked_at DATETIME(3),
                         free_at DATETIME(3));
CREATE TRIGGER test_begin AFTER UPDATE ON job_control FOR EACH ROW
INSERT INTO test_begun (job, node, planned, started, last_end)
SELECT NEW.job, NEW.node, NEW.planned_at, NEW.started_at, OLD.ended_at FROM DUAL WHERE NOT NEW.term <=> OLD.term;
CREATE TRIGGER test_take AFTER UPDATE ON shedlock FOR EACH ROW
INSERT INTO test_taken (name, holder, locked_at, free_at)
SELECT NEW.name, NEW.locked_by, NEW.locked_at, OLD.lock_until FROM DUAL WHERE NEW.locked_by <> OLD.locked_by;
"""


@unittest.skipIf(sanitized(), "a sanitizer and a preloaded library do not go together")
class Clocks(DaemonTest):
    def setUp(self):
        super().setUp()
        self.assertIsNotNone(LIBRARY, "libfaketime is missing: apt-get install faketime, or ./dev install")

    def worker(self, name, surroundings):
        jobs = {job: {"schedule": schedule, "lock_at_most": "10s", "initial_delay": "0s"} for job, schedule in JOBS.items()}
        node = self.node(name, roles=["jobs"], jobs=jobs).migrate()
        if self.database.run("SHOW TABLES LIKE 'test_begun'") == []:
            self.database.run(NOTES)
        return node.start(**surroundings).ready()

    def begun(self):
        return Counter(row[0] for row in self.database.run("SELECT job FROM test_begun"))

    def goes_on(self, when):
        """Until each job has been run some times more."""
        before = self.begun()
        until(lambda: all(self.begun()[job] >= before[job] + RUNS for job in JOBS),
              lambda: f"{RUNS} more runs of each job {when}; {before} have become {self.begun()}", 240)

    def clock_of(self, node):
        """By how many seconds the node's clock is ahead of ours, as its answers say."""
        connection = http.client.HTTPConnection("127.0.0.1", node.admin_port, timeout=30)
        connection.request("GET", "/livez")
        response = connection.getresponse()
        shown = email.utils.parsedate_to_datetime(response.getheader("Date"))
        connection.close()
        return (shown - datetime.datetime.now(datetime.timezone.utc)).total_seconds()

    def books(self):
        """What holds whatever the clocks show."""
        twice = self.database.run("SELECT job, planned, COUNT(*) FROM test_begun WHERE job IN ('coupon-drain', 'order-expiry') "
                                  "GROUP BY job, planned HAVING COUNT(*) > 1")
        self.assertEqual(twice, [], "planned times that were begun twice")
        overlaps = self.database.run("SELECT * FROM test_taken WHERE locked_at < free_at")
        self.assertEqual(overlaps, [], "locks that were taken while somebody else had them")
        # Nodes know the database's time to some milliseconds; what is looked for are hours.
        early = self.database.run("SELECT * FROM test_begun WHERE planned > started + INTERVAL 1 SECOND")
        self.assertEqual(early, [], "runs before their planned time")
        hasty = self.database.run("SELECT * FROM test_begun WHERE job = 'idempotency-retention' "
                                  "AND TIMESTAMPDIFF(MICROSECOND, last_end, started) < 500000")
        self.assertEqual(hasty, [], "runs sooner than half a second after the end of the one before")
        off = self.database.run(f"SELECT * FROM test_begun WHERE job = 'coupon-drain' AND SECOND(planned) % {EVERY} <> 0")
        self.assertEqual(off, [], "planned times that are none of cron's")
        far = self.database.run("SELECT * FROM job_run WHERE ABS(TIMESTAMPDIFF(MINUTE, started_at, UTC_TIMESTAMP())) > 30")
        self.assertEqual(far, [], "times of the history that are not the database's")
        lost = self.database.run("SELECT * FROM job_run WHERE outcome IN ('LOST', 'FAILED')")
        self.assertEqual(lost, [])

    def test_nodes_whose_clocks_differ_by_two_hours_run_each_planned_time_once(self):
        straight = self.worker("straight", {})
        ahead = self.worker("ahead", moved("+1h"))
        behind = self.worker("behind", moved("-1h"))
        self.goes_on("by three nodes")
        for node, wrong in ((straight, 0), (ahead, 3600), (behind, -3600)):
            self.assertAlmostEqual(self.clock_of(node), wrong, delta=600)
        # The nodes leave one after the other: those that are left, with whatever clock, take over.
        self.assertEqual(straight.terminate(), 0)
        self.goes_on("by the two whose clocks are wrong")
        self.assertEqual(ahead.terminate(), 0)
        self.goes_on("by the one whose clock is behind")
        straight.start().ready()
        self.assertEqual(behind.terminate(), 0)
        self.goes_on("by the one whose clock is right")
        self.books()
        print(f"\n{dict(self.begun())} runs; by node "
              f"{dict(Counter(row[0] for row in self.database.run('SELECT node FROM test_begun')))}", flush=True)

    def test_a_clock_that_is_set_by_hours_while_the_node_runs_changes_nothing(self):
        folder = tempfile.TemporaryDirectory(prefix="outboxd-clock-")
        self.addCleanup(folder.cleanup)
        clock = Movable(os.path.join(folder.name, "clock"))
        node = self.worker("node", clock.surroundings)
        self.goes_on("with the right time")
        for offset, seconds in (("+1h", 3600), ("-1h", -3600), ("+0", 0)):
            clock.move(offset)
            self.assertAlmostEqual(self.clock_of(node), seconds, delta=600)
            self.goes_on(f"at {offset}")
        self.books()
        status, _ = node.readyz()
        self.assertEqual(status, 200)


if __name__ == "__main__":
    unittest.main()
