#!/usr/bin/python3
"""What Kafka's settings do to a real node: routes and CloudEvents from request to record, topics that somebody has to
create, and the look at what weakens a promise."""

import json
import subprocess
import unittest
import uuid

from support.case import DaemonTest
from support.client import Client
from support.node import free_port
from support.waiting import until

VIOLATIONS, UNAVAILABLE = 1, 69
LARGE = 40
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Wire(DaemonTest):
    def post(self, client, path, body):
        answer = client.send("POST", path, body, uuid.uuid4().hex)
        self.assertIn(answer.status, (200, 201), answer)
        return answer.json()

    def records(self, topic):
        """All of a topic: key, headers, payload."""
        done = subprocess.run(["kcat", "-C", "-q", "-e", "-J", "-o", "beginning", "-b", self.stack.kafka, "-t", topic],
                              capture_output=True, text=True, timeout=60, check=False)
        raw = [json.loads(line) for line in done.stdout.splitlines()]
        return [(one["key"], dict(zip(one["headers"][::2], one["headers"][1::2])), json.loads(one["payload"]))
                for one in raw]

    def buy(self, node):
        """One order, paid by points, with a trace of ours."""
        until(lambda: node.logged("ready"), "the API")
        client = Client(node.port)
        self.addCleanup(client.close)
        user = self.post(client, "/api/v1/users", {"username": uuid.uuid4().hex, "email": "u@example.org"})["userId"]
        product = self.post(client, "/api/v1/products", {"name": "p", "price": 5, "stock": 9})["productId"]
        self.post(client, f"/api/v1/users/{user}/points/charges", {"amount": 100})
        client.headers["traceparent"] = TRACE
        order = self.post(client, "/api/v1/orders", {"userId": user, "lines": [{"productId": product, "quantity": 2}]})
        self.post(client, f"/api/v1/orders/{order['orderId']}/payment", {"userId": user, "method": "POINTS"})
        return order["orderId"], product

    def test_routes_and_cloudevents_reach_consumers_and_the_ranking(self):
        paid = self.prefix + "payment-completed"
        node = self.node(kafka={
            "profile": "cloudevents",
            "cloudevents_source": "/shop/{aggregateType}",
            "routes": [{"type": "PaymentCompleted", "topic": paid, "key": "order-{aggregateId}",
                        "headers": {"x-kind": "{aggregateType}"}}]}).migrate().start().ready()
        order, product = self.buy(node)
        until(lambda: len(self.records(paid)) == 1, "the payment's record", 60, every=0.2)
        [(key, headers, payload)] = self.records(paid)
        self.assertEqual(key, f"order-{order}")
        self.assertEqual(payload["orderId"], order)
        self.assertEqual(headers["ce_type"], "PaymentCompleted")
        self.assertEqual(headers["ce_source"], "/shop/order")
        self.assertEqual(headers["ce_subject"], str(order))
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["x-kind"], "order")
        # The trace of the request, for those who read CloudEvents and for those who read headers.
        self.assertEqual(headers["traceparent"], TRACE)
        self.assertEqual(headers["ce_traceparent"], TRACE)
        self.assertEqual([headers["ce_type"] for _, headers, _ in self.records(self.prefix + "order")], ["OrderPlaced"])

        # The shop's own listener follows the route, and reads the other profile.
        client = Client(node.port)
        self.addCleanup(client.close)

        def sold():
            return [(item["productId"], item["sold"]) for item in client.send("GET", "/api/v1/products/top5").json()["items"]]
        until(lambda: sold() == [(product, 2)], lambda: f"the ranking; it says {sold()}", 60, every=0.2)

    def test_payloads_of_one_mebibyte_go_from_the_table_to_the_topic(self):
        self.node(roles=["relay"], kafka={"partitions": 2, "topic_configs": {"max.message.bytes": "1100000"}}
                  ).migrate().start().ready()
        self.database.run("INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
                          "SELECT UNHEX(REPLACE(UUID(), '-', '')), 'large', seq % 4, 'Grown', REPEAT(CHAR(97 + seq % 26), 1048576) "
                          f"FROM seq_1_to_{LARGE}")

        def sizes():
            done = subprocess.run(["kcat", "-C", "-q", "-e", "-f", "%S\n", "-o", "beginning", "-b", self.stack.kafka,
                                   "-t", self.prefix + "large"], capture_output=True, text=True, timeout=60, check=False)
            return done.stdout.split()
        until(lambda: len(sizes()) >= LARGE, lambda: f"the large records; there are {len(sizes())}", 60, every=0.5)
        self.assertEqual(sizes(), ["1048576"] * LARGE)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_held"), 0)

    def test_a_topic_that_may_not_be_created_is_named_and_nothing_is_held(self):
        node = self.node(roles=["api", "relay", "jobs"], kafka={"create_topics": False}).migrate().start().ready()
        topic = self.prefix + "point_account" # of the first event; those behind it may wait with it
        self.buy(node)

        def reasons():
            return [line["reason"] for line in node.logged("topic_not_ready") if line["topic"] == topic]
        until(reasons, "the warning", 60, every=0.2)
        [said] = reasons()
        self.assertIn(f"topic {topic} does not exist and kafka.create_topics is off: create it", said)
        self.assertEqual(node.readyz()[1]["kafka"], "degraded")
        self.assertGreaterEqual(node.metric("outboxd_kafka_topics_not_ready"), 1)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM outbox_held"), 0)

    def test_the_online_check_names_what_weakens_which_promise(self):
        node = self.node()
        status, text = node.command("check-config", "--online")
        self.assertEqual(status, VIOLATIONS, text) # the test's broker keeps one copy
        self.assertIn("database: reached", text)
        self.assertIn("kafka: reached", text)
        self.assertIn("warning: kafka.replication_factor: topics that outboxd creates get one copy", text)
        self.assertIn("weakens: an acknowledged event is lost with its broker's disk", text)
        self.assertIn("next step: set kafka.replication_factor: 3", text)
        self.assertNotIn(self.stack.password, text)

        node.migrate().start().ready()
        self.buy(node)
        until(lambda: self.database.number("SELECT COUNT(*) FROM topic_layout") > 0, "a topic")
        self.assertIn(f"warning: topic {self.prefix}order: it has one copy", node.command("check-config", "--online")[1])
        until(lambda: node.logged("durability_weakened"), "the warnings of the node itself")
        until(lambda: node.metric('outboxd_durability_weaknesses{server="kafka"}') >= 1, "the metric")
        self.assertEqual(node.readyz()[1]["durability"], "ok")

    def test_the_online_check_says_who_cannot_be_reached(self):
        status, text = self.node(kafka={"brokers": [f"127.0.0.1:{free_port()}"]}).command("check-config", "--online")
        self.assertEqual(status, UNAVAILABLE, text)
        self.assertIn("kafka.brokers", text)
        status, text = self.node(database={"port": free_port()}).command("check-config", "--online")
        self.assertEqual(status, UNAVAILABLE, text)
        self.assertIn("database.host", text)


if __name__ == "__main__":
    unittest.main()
