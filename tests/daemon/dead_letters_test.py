#!/usr/bin/python3
"""What a listener cannot work off becomes a dead letter: it waits for a person if nothing else can help, and is tried again
if something can."""

import tempfile
import unittest
import uuid

from support.case import DaemonTest
from support.collector import Collector
from support.waiting import until

QUICK = {"retry_first": "100ms", "retry_longest": "1s", "retry_attempts": 1000}


class DeadLetters(DaemonTest):
    def write(self, kind, key, payload):
        """An event, as a service in any language would insert it; returns its id."""
        event = uuid.uuid4()
        self.database.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
                          f"VALUES (UNHEX('{event.hex}'), 'order', '{key}', '{kind}', {payload});")
        return str(event)

    def letters(self, node, *filters):
        return node.desk("dead-letters", "list", *filters)["items"]

    def awaited(self, node, number, *filters):
        return until(lambda: len(found := self.letters(node, *filters)) == number and found,
                     lambda: f"{number} letters, not {self.letters(node, *filters)}\n{node.tail()}", 90, every=0.1)

    def test_an_event_that_nobody_can_read_waits_for_a_person(self):
        node = self.node("node", consumers=QUICK).migrate().start().ready()
        event = self.write("PaymentCompleted", "order-1", "X'FF006E6F206A736F6E'")
        letter = self.awaited(node, 1, "--listener", "ranking")[0]
        self.assertEqual((letter["state"], letter["eventId"], letter["type"], letter["nextAttemptAt"]),
                         ("HELD", event, "PaymentCompleted", None))
        number = str(letter["id"])
        shown = node.desk("dead-letters", "show", number)
        self.assertEqual((shown["payload"], shown["payloadBase64"], shown["payloadBytes"]),
                         (None, "/wBubyBqc29u", 9))
        self.assertIn({"name": "id", "nameBase64": None, "value": event, "valueBase64": None}, shown["headers"])
        self.assertIn("payload in base64", node.ctl("dead-letters", "show", number)[1])
        groups = node.desk("dead-letters", "groups", "--listener", "ranking")["items"]
        self.assertEqual([(group["fingerprint"], group["letters"]) for group in groups],
                         [(letter["fingerprint"], 1)])
        until(lambda: node.metric('outboxd_dead_letters{listener="ranking",state="HELD"}') == 1, "the metric", 60)

        status, text = node.ctl("dead-letters", "discard", number, "--reason", "a foreign event")
        self.assertEqual(status, 64, text)
        self.assertIn("this gives 1 dead letter up for good\n  next step: the same with --yes", text)
        self.assertEqual(node.ctl("dead-letters", "discard", "--listener", "ranking", "--dry-run"),
                         (0, "This gives 1 dead letter up for good.\n"))
        status, text = node.ctl("dead-letters", "discard", number, "--reason", "a foreign event", "--yes")
        self.assertEqual((status, text), (0, "done: this gives 1 dead letter up for good; lines in the audit log: 1\n"))
        self.assertEqual(self.letters(node, "--listener", "ranking"), [])
        entry = node.desk("audit", "--action", "dead_letters.discard")["items"][0]
        self.assertEqual((entry["detail"]["reason"], entry["detail"]["letters"][0]["event"]),
                         ("a foreign event", event))

        # Each listener that is told of it has a letter of its own.
        self.awaited(node, 1, "--listener", "loyalty", "--state", "HELD")
        node.desk("dead-letters", "discard", "--key", "order-1", "--reason", "a foreign event", "--yes")
        self.assertEqual(self.letters(node), [])
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM dead_letter_key"), 0)

    def test_what_failed_is_tried_again_in_order_until_it_works(self):
        folder = tempfile.TemporaryDirectory(prefix="outboxd-test-")
        self.addCleanup(folder.cleanup)
        collector = Collector("notification", folder.name)
        self.addCleanup(collector.close)
        node = self.node("node", consumers=QUICK, notification=collector.settings(timeout="10s", breaker_open="1s"))
        node.migrate().start().ready()
        collector.tell("status", status=500)
        first = self.write("OrderCancelled", "order-1", "'{\"orderId\":1}'")
        head = self.awaited(node, 1, "--listener", "notification")[0]
        self.assertEqual((head["state"], head["eventId"]), ("RETRY", first))
        later = [self.write("OrderCancelled", "order-1", "'{\"orderId\":1}'") for _ in range(3)]
        letters = self.awaited(node, 4, "--listener", "notification")
        self.assertEqual([letter["state"] for letter in letters], ["RETRY"] + ["PARKED"] * 3)
        self.assertEqual(collector.accepted(), [])
        collector.tell("ok")
        until(lambda: not self.letters(node), lambda: f"{self.letters(node)}\n{node.tail()}", 90, every=0.1)
        self.assertEqual([event["id"] for event in collector.accepted()], [first, *later])
        last = self.write("OrderCancelled", "order-1", "'{\"orderId\":1}'")
        until(lambda: last in collector.ids(), lambda: f"the key goes on\n{node.tail()}", 60)
        self.assertEqual(self.letters(node), [])
        self.assertGreaterEqual(node.metric("outboxd_dead_letters_recovered_total"), 4)
        self.assertEqual(node.terminate(), 0)


if __name__ == "__main__":
    unittest.main()
