#!/usr/bin/python3
"""Java's ShedLock, unmodified, and our nodes exclude each other: they contend for one lock of one table, and sign in and out
by the database's clock. What they signed is audited."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemon"))

from support.case import number_from  # noqa: E402
from support.stack import ROOT, Database, LoneMariaDb, build_folder  # noqa: E402
from support.waiting import now, until  # noqa: E402

TURNS = number_from("OUTBOXD_TEST_ACQUISITIONS", 1000)
JARS = os.environ.get("OUTBOXD_DEV_INTEROP_LIBS", os.path.join(ROOT, ".dev", "interop", "libs"))
MINUTES = 60_000

BOOKS = """
CREATE TABLE turns (lock_name VARCHAR(64) PRIMARY KEY, had BIGINT NOT NULL DEFAULT 0);
CREATE TABLE presence (
    id         BIGINT AUTO_INCREMENT PRIMARY KEY,
    lock_name  VARCHAR(64) NOT NULL,
    kind       ENUM('JAVA','OUTBOXD') NOT NULL,
    holder     VARCHAR(255) NOT NULL,
    at_least   BIGINT NOT NULL,
    locked_at  DATETIME(3) NOT NULL,
    lock_until DATETIME(3) NOT NULL,
    entered_at DATETIME(6) NOT NULL,
    left_at    DATETIME(6) NULL);
"""

# Who died inside is there until its lock-at-most is over.
AUDIT = """
SELECT COUNT(*), COALESCE(SUM(entered_at < others_left), 0), COALESCE(SUM(locked_at < kept_until), 0),
       COALESCE(SUM(kind <> kind_before), 0), (SELECT had FROM turns WHERE lock_name = '{0}')
FROM (SELECT *,
             LAG(kind) OVER (ORDER BY id) AS kind_before,
             LAG(TIMESTAMPADD(MICROSECOND, 1000 * at_least, locked_at)) OVER (ORDER BY id) AS kept_until,
             MAX(COALESCE(left_at, lock_until)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                 AS others_left
      FROM presence WHERE lock_name = '{0}') visits
"""


class Contender:
    """A process that is told what to do, a line at a time."""

    def __init__(self, test, command, **environment):
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.end)

    def tell(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args[0]} ended: {self.process.poll()}"
        return line.strip()

    def ask(self, *words):
        self.tell(*words)
        return self.answer()

    def end(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = LoneMariaDb("interop")
        cls.addClassCleanup(cls.server.down)
        classes = tempfile.TemporaryDirectory(prefix="outboxd-interop-")
        cls.addClassCleanup(classes.cleanup)
        cls.classes = classes.name
        subprocess.run(["javac", "-d", cls.classes, "-cp", f"{JARS}/*", os.path.join(HERE, "Contender.java")], check=True)

    def setUp(self):
        self.database = Database(self.server)
        self.addCleanup(self.database.drop)
        for name in ("0003_coordination.sql", "0010_operations.sql"):
            with open(os.path.join(ROOT, "sql", "migrations", name), encoding="utf-8") as migration:
                self.database.run(migration.read())
        self.database.run(BOOKS)
        # Of sessions that do not say theirs: neither UTC nor whole hours. And nothing here is about the server's end.
        self.database.run("SET GLOBAL time_zone = '-03:30', GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0",
                          schema="")

    def place(self):
        settings = self.server.database_settings(self.database.schema)
        return [settings["host"], str(settings["port"]), settings["user"], settings["password_file"], settings["name"]]

    def java(self, zone="Asia/Seoul", session="+09:00"):
        return Contender(self, ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Duser.timezone={zone}",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{self.classes}:{JARS}/*",
                                "Contender", *self.place(), session])

    def ours(self, name="node-1", zone="America/New_York"):
        program = os.path.join(build_folder(), "tests", "interop", "outboxd-contender")
        return Contender(self, [program, *self.place(), name], TZ=zone)

    def lock(self, name):
        self.database.run(f"INSERT INTO turns (lock_name) VALUES ('{name}')")
        return name

    def audit(self, lock):
        """Visits, overlaps, locks taken within another's lock-at-least, hand-overs between the kinds, turns counted."""
        return self.database.numbers(AUDIT.format(lock))[0]

    def both_ways(self):
        """(the name of the case, who holds first, who comes then)"""
        java, ours = self.java(), self.ours()
        return ("java-first", java, ours), ("ours-first", ours, java)

    def await_lock(self, contender, lock):
        """Asks for it until it is given; how often it was refused."""
        refusals = 0

        def taken():
            nonlocal refusals
            answer = contender.ask("take", lock, 10 * MINUTES, 0)
            refusals += answer == "refused"
            return answer == "taken"

        until(taken, f"{lock} is given")
        return refusals

    def test_they_contend_for_one_lock_and_are_never_inside_together(self):
        lock = self.lock("contended")
        nodes = {"java 1": self.java(), "java 2": self.java("America/St_Johns", "SYSTEM"),
                 "ours 1": self.ours(), "ours 2": self.ours("node-2", "Asia/Kathmandu")}
        began = now()
        for node in nodes.values():
            node.tell("contend", lock, TURNS)
        answers = {name: node.answer() for name, node in nodes.items()}
        took = now() - began
        self.assertNotIn("failed", " ".join(answers.values()), answers)
        turns = {name: tuple(int(number) for number in answer.split()) for name, answer in answers.items()}
        visits, overlaps, early, hand_overs, counted = self.audit(lock)
        print(f"\n{visits} turns in {took:.1f} s, {hand_overs} hand-overs between Java and ours; turns and refusals: {turns}",
              flush=True)
        self.assertEqual((visits, counted, overlaps, early), (TURNS, TURNS, 0, 0))
        self.assertEqual(sum(own for own, _ in turns.values()), TURNS)
        self.assertGreater(hand_overs, 100)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM presence WHERE left_at IS NULL"), 0)

    def test_a_holder_that_ignores_the_lock_is_found_by_the_same_audit(self):
        for name, holder, intruder in self.both_ways():
            lock = self.lock(name)
            self.assertEqual(holder.ask("take", lock, 10 * MINUTES, 0), "taken")
            self.assertEqual(intruder.ask("intrude", lock), "intruded")
            self.assertEqual(holder.ask("release"), "released")
            visits, overlaps, _, _, counted = self.audit(lock)
            self.assertEqual((visits, overlaps, counted), (2, 1, 1), name)

    def test_each_kind_refuses_while_the_other_holds_and_comes_next(self):
        for name, holder, other in self.both_ways():
            lock = self.lock(name)
            self.assertEqual(holder.ask("take", lock, 10 * MINUTES, 0), "taken")
            self.assertEqual(other.ask("take", lock, 10 * MINUTES, 0), "refused")
            self.assertEqual(holder.ask("release"), "released")
            self.assertEqual(other.ask("take", lock, 10 * MINUTES, 0), "taken")
            self.assertEqual(holder.ask("take", lock, 10 * MINUTES, 0), "refused")
            self.assertEqual(other.ask("release"), "released")
            self.assertEqual(self.audit(lock), (2, 0, 0, 1, 2), name)

    def test_each_kind_keeps_the_lock_at_least_of_the_other(self):
        for name, holder, other in self.both_ways():
            lock = self.lock(name)
            self.assertEqual(holder.ask("take", lock, 20 * MINUTES, 10 * MINUTES), "taken")
            self.assertEqual(holder.ask("release"), "released")
            self.assertEqual(other.ask("take", lock, 10 * MINUTES, 0), "refused")
            self.assertEqual(self.database.run(
                f"SELECT TIMESTAMPDIFF(MICROSECOND, locked_at, lock_until) FROM shedlock WHERE name = '{lock}'"),
                [[str(10 * MINUTES * 1000)]], name)
            short = self.lock(name + "-short")
            self.assertEqual(holder.ask("take", short, 10 * MINUTES, 500), "taken")
            self.assertEqual(holder.ask("release"), "released")
            refusals = self.await_lock(other, short)
            print(f"\n{name}: refused {refusals} times within lock-at-least", flush=True)
            self.assertEqual(other.ask("release"), "released")
            self.assertEqual(self.audit(short), (2, 0, 0, 1, 2), name)

    def test_who_dies_inside_keeps_the_lock_until_lock_at_most_and_not_longer(self):
        for name, holder, heir in (*self.both_ways()[:1], ("ours-first", self.ours(), self.java())):
            lock = self.lock(name)
            self.assertEqual(holder.ask("take", lock, 1500, 0), "taken")
            holder.end()
            refusals = self.await_lock(heir, lock)
            print(f"\n{name}: refused {refusals} times within lock-at-most", flush=True)
            self.assertEqual(heir.ask("release"), "released")
            visits, overlaps, early, hand_overs, _ = self.audit(lock)
            self.assertEqual((visits, overlaps, early, hand_overs), (2, 0, 0, 1), name)


if __name__ == "__main__":
    unittest.main()
