#!/usr/bin/python3
"""Topics by hand: a pause holds back what goes to one topic and nothing else; a resume sends it in order; a repartition
moves keys between two moments, also if nodes die half way."""

import json
import subprocess
import unittest
import zlib

from support.audit import drained
from support.case import DaemonTest
from support.waiting import until
from support.writers import Writers, event

FINDINGS = ("lost", "phantom", "inversions", "wrongPartition", "mismatches")


class Topics(DaemonTest):
    def setUp(self):
        super().setUp()
        relay = {"lease": "2s", "renew_every": "500ms"}
        self.nodes = [self.node(name, roles=["relay"], relay=relay, kafka={"partitions": 4}) for name in ("one", "two")]
        self.nodes[0].migrate()
        for node in self.nodes:
            node.start().ready()
        self.topic = self.prefix + "ledger"

    def clean(self):
        drained(self.database)
        status, text = self.nodes[0].command("verify", "--topics", self.topic, "--json")
        verdict = json.loads(text.splitlines()[-1])
        self.assertEqual({name: verdict[name] for name in FINDINGS}, dict.fromkeys(FINDINGS, 0), verdict)
        self.assertEqual((status, verdict["waiting"]), (0, 0))
        return verdict

    def held(self):
        return dict(self.database.run("SELECT state, COUNT(*) FROM outbox_held GROUP BY state"))

    def test_a_pause_holds_one_topic_and_a_resume_sends_it_in_order(self):
        node = self.nodes[0]
        writers = Writers(self.database)
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_event") > 200, "events")
        paused = node.desk("topic", "pause", self.topic, "--reason", "maintenance", "--yes", "--wait")
        self.assertTrue(paused["finished"], paused)
        until(lambda: "PAUSED" in self.held() and "PARKED" in self.held(), lambda: f"held events: {self.held()}")
        self.database.run(event("bystander", "other"))
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_queue q JOIN outbox_event e ON e.id = q.id "
                                           "WHERE e.aggregate_type = 'other'") == 0, "an event of another topic")
        row = next(row for row in node.desk("topic", "list")["items"] if row["topic"] == self.topic)
        self.assertEqual((row["paused"], row["reason"], row["partitions"]), (True, "maintenance", 4))
        self.assertEqual(node.ctl("topic", "pause", self.topic, "--yes")[0], 1, "it is paused already")
        resumed = node.desk("topic", "resume", self.topic, "--yes", "--wait")
        self.assertEqual((resumed["finished"], resumed["phase"]), (True, "DONE"))
        writers.stop()
        self.assertGreater(self.clean()["records"], 200)
        self.assertEqual(self.held(), {})

    def test_a_topic_that_nobody_made_is_set_aside_until_somebody_does(self):
        node, other = self.nodes
        self.database.run(event("k", "other"))
        drained(self.database)  # so that topic is there
        self.assertEqual(other.terminate(), 0)
        self.restart(node, create_topics=False)
        lane = zlib.crc32(b"k") % 16
        neighbour = next(key for key in map(str, range(1000)) if zlib.crc32(key.encode()) % 16 == lane)
        self.database.run(event("k"))
        self.database.run(event(neighbour, "other"))
        drained(self.database)
        self.assertEqual(self.held(), {"PAUSED": "1"})
        row = next(row for row in node.desk("topic", "list")["items"] if row["topic"] == self.topic)
        self.assertEqual((row["paused"], row["pausedBy"]), (True, "outboxd-relay"))
        self.assertIn("create it", row["reason"])
        self.assertIn("create it", node.logged("topic_not_ready")[0]["reason"])
        self.restart(node, create_topics=True)
        until(lambda: self.held() == {}, "the topic is resumed")
        self.assertEqual(self.clean()["records"], 1)
        self.assertEqual(self.held(), {})

    def restart(self, node, **kafka):
        self.assertEqual(node.terminate(), 0)
        node.write_config(kafka=kafka)
        node.start().ready()

    def test_a_repartition_moves_keys_once_also_if_nodes_die_half_way(self):
        one, two = self.nodes
        writers = Writers(self.database)
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_event") > 200, "events")
        status, text = one.ctl("topic", "repartition", self.topic, "--partitions", "8", "--yes")
        self.assertEqual(status, 1, text)
        self.assertIn("has 4 partitions", text)
        order = one.desk("topic", "repartition", self.topic, "--partitions", "8", "--grow", "--yes")["orderId"]
        for node in (one, two):
            node.kill()
            node.start().ready()
        done = two.desk("orders", "show", str(order), "--wait")
        self.assertEqual((done["finished"], done["phase"], done["trouble"]), (True, "DONE", None))
        until(lambda: self.database.number("SELECT MAX(id) FROM outbox_event") > 0, "events")
        writers.stop()
        self.assertEqual(self.database.run("SELECT partitions FROM topic_layout WHERE topic = '%s'" % self.topic), [["8"]])
        self.clean()
        self.assertEqual(self.held(), {})
        used = subprocess.run(["kcat", "-C", "-e", "-q", "-b", self.stack.kafka, "-t", self.topic, "-f", "%p\\n"],
                              capture_output=True, text=True, check=True, timeout=60).stdout.split()
        self.assertGreater(max(int(partition) for partition in used), 3, "nothing went to a new partition")
        self.assertEqual(one.ctl("topic", "resume", self.topic, "--yes")[0], 1, "it is not paused any more")


if __name__ == "__main__":
    unittest.main()
