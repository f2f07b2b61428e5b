#!/usr/bin/python3
"""An event that kills every process that sends it. Each node that takes its lane dies, until the relay knows which
event it is: that one is held, and everything else has arrived."""

import os
import unittest

from support.case import DaemonTest
from support.node import sanitized
from support.stack import build_folder
from support.topics import order_violations, read_topics
from support.waiting import now, until

POISON = os.path.join(build_folder(), "tests", "support", "liboutboxd_poison.so")
INSERT = """INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
            VALUES (UNHEX(REPLACE(UUID(), '-', '')), 'thing', '{key}', 'Changed', '{{"word":"{word}"}}')"""


@unittest.skipIf(sanitized(), "a sanitizer's run time must come first in a process")
class Poison(DaemonTest):
    def write(self, keys, word="harmless"):
        self.database.run("; ".join(INSERT.format(key=key, word=word) for key in keys))

    def state(self, condition):
        return [row[0] for row in self.database.run(f"SELECT status FROM outbox_status WHERE {condition} ORDER BY id")]

    def test_an_event_that_kills_its_nodes_is_held_and_everything_else_arrives(self):
        node = self.node(roles=["relay"], relay={"lease": "2s", "renew_every": "500ms"}).migrate()
        keys = [f"key-{number}" for number in range(40)]
        self.write(keys)
        self.write(["key-7"], "POISON")
        self.write(keys + keys)
        began, deaths = now(), 0
        while True:
            node.start(LD_PRELOAD=POISON)
            until(lambda: node.ended() or self.database.number("SELECT COUNT(*) FROM outbox_queue") == 0,
                  lambda: f"death or an empty queue\n{node.tail()}", 120)
            if not node.ended():
                break
            node.kill()  # it is dead: only forgets it
            deaths += 1
            self.assertLess(deaths, 12, "it does not find the one to blame")
            self.write(keys)  # nobody waits for the poison to be found
        print(f"\n{deaths} deaths until the event was held, {now() - began:.0f} s with a lease of 2 s", flush=True)

        event = self.database.number("SELECT id FROM outbox_event WHERE payload LIKE '%POISON%'")
        self.assertEqual(self.state(f"id = {event}"), ["FAILED"])
        reason = self.database.run("SELECT error FROM outbox_held WHERE state = 'FAILED'")[0][0]
        print(reason, flush=True)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_held WHERE state = 'FAILED'"), 1)
        self.assertEqual(set(self.state("order_key <> 'key-7'")), {"SENT"})
        self.assertEqual(self.state("order_key = 'key-7'"), ["SENT", "FAILED"] + ["PARKED"] * (2 + deaths))

        # A person looks at it and lets it go: the rest of the key follows.
        lane = self.database.number("SELECT lane FROM outbox_held WHERE state = 'FAILED'")
        self.database.run(f"""INSERT INTO outbox_command (order_id, lane, kind, order_key, event, up_to)
                              VALUES (1, {lane}, 'DISCARD', 'key-7', {event}, {event})""")
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_command WHERE state = 'DONE'") == 1,
              "the order is executed")
        until(lambda: self.database.number("SELECT COUNT(*) FROM outbox_queue") == 0, "an empty queue")
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_held"), 0)
        self.assertEqual(node.terminate(), 0)

        records = read_topics(self.stack, self.prefix, ["thing"])
        self.assertEqual(order_violations(records), [])
        self.assertNotIn("POISON", {record.payload["word"] for record in records})
        others = self.database.run(f"SELECT id FROM outbox_event WHERE id <> {event}")
        self.assertEqual({record.sequence for record in records}, {int(row[0]) for row in others})


if __name__ == "__main__":
    unittest.main()
