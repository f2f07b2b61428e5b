#!/usr/bin/python3
"""One record in a thousand is refused by the broker, in the middle of a backlog: only its key is held. Once the cause is
mended, an operator returns head and tail, and everything is in the topic in order."""

import json
import random
import secrets
import unittest

from support.audit import drained
from support.case import DaemonTest, number_from
from support.topics import order_violations, read_topics
from support.waiting import until
from support.writers import event

KIND = "ledger"
LIMIT, LARGE = 20_000, 60_000  # bytes
COUNT, EVERY = 5_000, 1_000


class Oversized(DaemonTest):
    def write(self, keys):
        """One event for each of the keys; large ones for those that begin with `large`."""
        def payload(key):
            return json.dumps({"key": key, "fill": secrets.token_hex(LARGE // 2) if key.startswith("large") else ""})
        for start in range(0, len(keys), 500):
            self.database.run("START TRANSACTION;" + "".join(
                event(key.removeprefix("large "), KIND, f"'{payload(key)}'") for key in keys[start:start + 500]) + "COMMIT;")

    def test_one_in_a_thousand_holds_its_key_alone_and_a_redrive_delivers_head_and_tail_in_order(self):
        seed = number_from("OUTBOXD_TEST_SEED", random.randrange(1_000_000))
        print(f"\nseed {seed}", flush=True)
        dice = random.Random(seed)
        topic = self.prefix + KIND
        node = self.node(roles=["relay"], relay={"lease": "2s", "renew_every": "500ms"}).migrate().start().ready()
        self.write(["first"])
        drained(self.database)  # the relay knows the topic, and that it takes a megabyte
        self.stack.set_topic(topic, "max.message.bytes", LIMIT)

        keys = [f"key-{dice.randrange(500)}" for _ in range(COUNT)]
        poisoned = [f"poison-{number}" for number in range(COUNT // EVERY)]
        for number, key in enumerate(poisoned):  # before it, itself, and twice behind it
            at = number * EVERY + dice.randrange(EVERY // 2)
            keys[at:at] = [key, f"large {key}"]
            keys[at + EVERY // 3:at + EVERY // 3] = [key, key]
        self.write(keys)
        drained(self.database, 240)

        held = {row["key"]: row for row in node.desk("outbox", "list", "--limit", "100")["items"]}
        self.assertEqual(sorted(held), sorted(poisoned))
        for row in held.values():
            self.assertEqual((row["state"], row["behind"]), ("FAILED", 2), row)
        self.assertEqual(node.desk("status")["failed"], len(poisoned))
        before = read_topics(self.stack, self.prefix, [KIND])
        self.assertEqual(len({record.event for record in before}), 1 + len(keys) - 3 * len(poisoned))

        # As docs/operations.md says.
        self.stack.set_topic(topic, "max.message.bytes", 1_000_000)

        def redriven():
            node.desk("outbox", "redrive", "--all", "--yes", "--wait", "--reason", "the limit was raised")
            drained(self.database)
            return node.desk("outbox", "list")["items"] == []
        until(redriven, lambda: f"nothing is held: {node.ctl('outbox', 'list')[1]}", 180, every=1)

        records = read_topics(self.stack, self.prefix, [KIND])
        self.assertEqual(order_violations(records), [])
        for key in poisoned:
            sequences = list(dict.fromkeys(record.sequence for record in records if record.key == key))
            self.assertEqual((len(sequences), sequences), (4, sorted(sequences)), key)
        status, text = node.command("verify", "--topics", topic)
        self.assertEqual(status, 0, text)
        print(f"{len(keys)} events, {len(records)} records; redrives: "
              f"{len(node.desk('audit', '--action', 'outbox.redrive')['items'])}\n{text}", flush=True)


if __name__ == "__main__":
    unittest.main()
