#!/usr/bin/python3
"""outboxd verify: a log that is right is clean, and each kind of damage is found."""

import json
import subprocess
import unittest
import uuid

from support.audit import drained
from support.case import DaemonTest
from support.writers import Writers, event
from support.waiting import until

FINDINGS = ("lost", "phantom", "inversions", "wrongPartition", "mismatches")


class Verify(DaemonTest):
    def setUp(self):
        super().setUp()
        self.running = self.node(roles=["relay"], relay={"lease": "2s", "renew_every": "500ms"}).migrate().start().ready()
        self.topic = self.prefix + "ledger"

    def verify(self, *options):
        """The exit status and the verdict."""
        status, text = self.running.command("verify", "--topics", self.topic, "--json", *options)
        return status, json.loads(text.splitlines()[-1])

    def write(self, *keys):
        self.database.run("".join(event(key) for key in keys))
        drained(self.database)

    def findings(self, *options):
        status, verdict = self.verify(*options)
        found = {name: verdict[name] for name in FINDINGS if verdict[name]}
        self.assertEqual(status, 1 if found else 0, verdict)
        return found

    def produce(self, key, sequence, event_id, payload="{}", partition=-1):
        subprocess.run(["kcat", "-P", "-b", self.stack.kafka, "-t", self.topic, "-K", "|", "-p", str(partition), "-H",
                        f"outbox_seq={sequence}", "-H", f"id={uuid.UUID(event_id)}", "-X", "partitioner=murmur2_random"],
                       input=f"{key}|{payload}", text=True, check=True, timeout=60)

    def of(self, key):
        """id and event id of the newest event of a key."""
        row = self.database.run(f"SELECT id, HEX(event_id) FROM outbox_event WHERE order_key = '{key}' "
                                "ORDER BY id DESC LIMIT 1")[0]
        return int(row[0]), row[1]

    def test_a_log_is_clean_while_writers_and_relay_are_at_work(self):
        writers = Writers(self.database)
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_event") > 1000, "events")
        self.assertEqual(self.findings(), {})
        writers.stop()
        drained(self.database)
        status, verdict = self.verify()
        self.assertEqual(status, 0)
        self.assertEqual(verdict["records"], self.database.number("SELECT COUNT(*) FROM outbox_event"))
        self.assertEqual((verdict["duplicates"], verdict["waiting"], verdict["foreign"]), (0, 0, 0))

    def test_what_was_marked_sent_and_is_not_there_is_lost_and_can_be_ordered_again(self):
        self.write("a", "b")
        self.running.terminate()
        self.database.run(event("a") + event("a") + event("b"))
        self.assertEqual(self.findings(), {}, "what waits is not lost")
        lost = self.database.number("SELECT MIN(id) FROM outbox_queue")
        self.database.run("DELETE FROM outbox_queue")
        self.assertEqual(self.findings(), {"lost": 3})
        self.assertEqual(self.findings("--from-id", str(lost + 1)), {"lost": 2})
        status, verdict = self.verify("--republish-lost")
        self.assertEqual((status, verdict["lostIds"]), (1, [lost, lost + 1, lost + 2]))
        ordered = self.database.run(f"SELECT kind, event FROM outbox_command WHERE order_id = {verdict['orderId']} "
                                    "ORDER BY event")
        self.assertEqual(ordered, [["REPUBLISH", str(lost + number)] for number in range(3)])

    def test_records_without_an_event_duplicates_and_changes_are_told_apart(self):
        self.write("a", "b", "c")
        self.produce("a", *self.of("a"))
        status, verdict = self.verify()
        self.assertEqual((status, verdict["duplicates"]), (0, 1))
        self.produce("b", *self.of("b"), payload='{"x":1}')
        self.produce("z", 10_000, uuid.uuid4().hex)
        self.produce("c", self.of("c")[0], uuid.uuid4().hex)
        self.assertEqual(self.findings(), {"phantom": 2, "mismatches": 1})

    def test_an_order_that_is_wrong_and_a_partition_that_is_wrong_are_found(self):
        self.write("a")
        self.running.terminate()
        self.database.run(event("a") + event("a"))
        second, first = self.database.run("SELECT e.id, HEX(e.event_id) FROM outbox_queue q "
                                          "JOIN outbox_event e ON e.id = q.id ORDER BY e.id DESC")
        for number, event_id in (second, first):
            self.produce("a", int(number), event_id)
        self.database.run("DELETE FROM outbox_queue")
        self.assertEqual(self.findings(), {"inversions": 1})
        home = int(subprocess.run(["kcat", "-C", "-e", "-q", "-b", self.stack.kafka, "-t", self.topic, "-f", "%p\\n"],
                                  capture_output=True, text=True, check=True, timeout=60).stdout.split()[0])
        self.produce("a", *self.of("a"), partition=(home + 1) % 8)
        self.assertEqual(self.findings(), {"inversions": 1, "wrongPartition": 1})

    def test_a_wrong_order_of_the_command_line_says_what_to_do(self):
        status, text = self.running.command("verify")
        self.assertEqual(status, 64, text)
        status, text = self.running.command("verify", "--topics", self.prefix + "nothing")
        self.assertEqual(status, 78, text)
        self.assertIn("next step: give the full names of topics", text)


if __name__ == "__main__":
    unittest.main()
