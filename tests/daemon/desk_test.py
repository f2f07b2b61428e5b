#!/usr/bin/python3
"""outboxctl against real nodes: what an operator sees, and what becomes of orders."""

import http.client
import json
import unittest
import uuid

from support.case import DaemonTest

USAGE, UNAVAILABLE, NO_PERMISSION = 64, 69, 77


def event(key, kind="thing", payload="'{}'"):
    """SQL that inserts one event, as a service in any language would."""
    return (f"INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
            f"VALUES (UNHEX('{uuid.uuid4().hex}'), '{kind}', '{key}', 'Changed', {payload});")


class Desk(DaemonTest):
    def hold(self, key, state, error):
        """An event as if a relay had held it; only while no relay runs."""
        self.database.run(
            event(key) + f"""SET @id = LAST_INSERT_ID();
            INSERT INTO outbox_held (id, lane, order_key, state, attempts, error)
            SELECT id, lane, '{key}', '{state}', 1, {error} FROM outbox_queue WHERE id = @id;
            DELETE FROM outbox_queue WHERE id = @id;""")
        return self.database.number("SELECT MAX(id) FROM outbox_event")

    def watcher(self):
        """A node that relays nothing, so that orders stay as they were given."""
        return self.node("watcher", roles=["jobs"]).migrate().start().ready()

    def test_an_operator_sees_what_waits_and_what_is_held(self):
        node = self.watcher()
        head = self.hold("order-7", "FAILED", "'MSG_SIZE_TOO_LARGE'")
        self.hold("order-7", "PARKED", "NULL")
        self.database.run(event("order-8"))
        status, text = node.ctl("status")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"pending +1\n(.*\n)*failed +1\nparked +1\n")
        self.assertIn(self.prefix + "thing", text)
        status, text = node.ctl("outbox", "list", "--error", "TOO_LARGE")
        self.assertRegex(text, rf"order-7 +\d+ +{head} +FAILED +Changed +1 ")
        self.assertEqual(node.ctl("outbox", "list", "--key", "order-8"), (0, "nothing is held\n"))
        status, text = node.ctl("outbox", "show", str(head))
        self.assertRegex(text, r"state +FAILED\nerror +MSG_SIZE_TOO_LARGE\n")
        self.assertEqual(node.desk("nodes")["items"][0]["name"], "watcher")
        self.assertEqual(node.ctl("topic", "list")[0], 0)

    def test_an_order_is_shown_before_it_is_given_and_stands_in_the_audit_log(self):
        node = self.watcher()
        self.hold("a", "FAILED", "'x'")
        self.hold("a", "PARKED", "NULL")
        status, text = node.ctl("outbox", "redrive", "--key", "a")
        self.assertEqual(status, USAGE, text)
        self.assertIn("returns 2 held events of 1 key to the queue\n  next step: the same with --yes", text)
        self.assertEqual(node.ctl("outbox", "redrive", "--all", "--dry-run"),
                         (0, "This returns 2 held events of 1 key to the queue.\n"))
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_command"), 0)
        order = node.desk("outbox", "redrive", "--all", "--yes", "--reason", "mended", "--operator", "kim")
        self.assertEqual((order["steps"], order["events"]), (1, 2))
        shown = node.desk("orders", "show", str(order["orderId"]))
        self.assertEqual((shown["actor"], shown["pending"], shown["finished"], shown["detail"]["reason"]),
                         ("admin:kim", 1, False, "mended"))
        self.assertIn("outbox.redrive", node.ctl("audit")[1])
        self.assertEqual(node.ctl("outbox", "redrive", "--key", "nobody", "--yes"), (0, "nothing to do\n"))

    def test_who_has_no_token_is_told_what_to_do(self):
        node = self.watcher()
        with open(node.token_file, "w", encoding="ascii") as file:
            file.write("another-token-than-the-node's")
        status, text = node.ctl("status")
        self.assertEqual(status, NO_PERMISSION, text)
        self.assertIn("next step: --token-file", text)
        self.assertEqual(node.readyz()[0], 200, "health stays open")
        bare = self.node("bare", roles=["jobs"], admin={"token_file": ""}).start().ready()
        status, text = bare.ctl("status")
        self.assertEqual(status, NO_PERMISSION, text)
        self.assertIn("admin.token_file", text)
        bare.kill()
        status, text = bare.ctl("status")
        self.assertEqual(status, UNAVAILABLE, text)
        self.assertIn("next step: see whether a node listens there", text)

    def test_wrong_input_is_refused_with_every_field_named(self):
        node = self.watcher()
        connection = http.client.HTTPConnection("127.0.0.1", node.admin_port, timeout=10)
        connection.request("POST", "/admin/api/v1/outbox/discard", json.dumps({"ids": ["x"], "rate": 0, "all": 1}),
                           {"Content-Type": "application/json", "Authorization": "Bearer token-of-the-tests"})
        answer = connection.getresponse()
        problem = json.loads(answer.read())
        connection.close()
        self.assertEqual((answer.status, problem["code"]), (400, "invalid_request"))
        self.assertEqual({error["pointer"] for error in problem["errors"]}, {"/ids/0", "/rate", "/reason", "/all"})
        status, text = node.ctl("outbox", "list", "--since", "yesterday")
        self.assertEqual(status, 1, text)
        self.assertIn("since: must be a time in UTC", text)


if __name__ == "__main__":
    unittest.main()
