#!/usr/bin/python3
"""The doorbell between nodes: events of a node that does not relay, and of foreign writers, do not wait for a poll."""

import socket
import unittest
import uuid

from support.case import DaemonTest
from support.client import Client
from support.topics import read_topics
from support.waiting import now, until

EVENTS = 15
INSERT = """INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type)
            VALUES (UNHEX(REPLACE(UUID(), '-', '')), 'invoice', '{}', 'Sent')"""


class Doorbell(DaemonTest):
    def relay_node(self, **relay):
        node = self.node("relay", roles=["relay"], relay={"poll_interval": "10s", **relay}).migrate().start().ready()
        until(lambda: node.lanes() == 16, "the lanes")
        return node

    def arrived(self):
        return self.database.number("SELECT COUNT(*) FROM outbox_queue") == 0

    def test_events_of_a_node_that_does_not_relay_do_not_wait_for_the_poll(self):
        relay = self.relay_node()
        shop = self.node("shop", roles=["api"]).start().ready()
        client = Client(shop.port)
        self.addCleanup(client.close)
        user = client.send("POST", "/api/v1/users", {"username": "a", "email": "a@example.org"}).json()["userId"]
        until(self.arrived, "a first event", 30)
        took = []
        # One after the other, each of which would wait for the next poll: 150 s in all.
        begin = now()
        for _ in range(EVENTS):
            written = now()
            client.send("POST", f"/api/v1/users/{user}/points/charges", {"amount": 5}, uuid.uuid4().hex)
            until(self.arrived, "the event", 60 - (now() - begin), every=0.005)
            took.append(now() - written)
        print(f"\ncommitted to marked, with the client's own time: median {sorted(took)[EVENTS // 2] * 1000:.0f} ms, "
              f"most {max(took) * 1000:.0f} ms; poll interval 10 s", flush=True)
        self.assertGreater(relay.metric("outboxd_doorbell_heard_total"), 0)
        self.assertGreater(shop.metric("outboxd_doorbell_published_total"), 0)
        self.assertEqual(len(read_topics(self.stack, self.prefix, ["point_account"])), EVENTS)

    def test_a_foreign_writer_may_ring_too(self):
        relay = self.relay_node()
        host, port = self.stack.env["OUTBOXD_TEST_REDIS"].split(":")
        channel = f"outboxd:{self.database.schema}:doorbell"
        began = now()
        with socket.create_connection((host, int(port)), timeout=30) as redis:
            for number in range(EVENTS):
                self.database.run(INSERT.format(number))
                redis.sendall(f"PUBLISH {channel} x\r\n".encode())
                redis.recv(100)
                until(self.arrived, "the event", 60 - (now() - began), every=0.005)
        self.assertGreater(relay.metric("outboxd_doorbell_heard_total"), 0)

    def test_switched_off_or_without_redis_the_poll_finds_everything(self):
        for number, changes in enumerate(({"relay": {"doorbell": False}}, {"redis": {"enabled": False}},
                                          {"redis": {"port": 1}})):  # nobody listens there
            node = self.node(f"node-{number}", roles=["relay"], **changes).migrate().start().ready()
            self.database.run(INSERT.format(number))
            until(self.arrived, "the event")
            self.assertEqual(len(node.logged("doorbell_silent")), 1 if "port" in changes.get("redis", {}) else 0)
            self.assertEqual(node.terminate(), 0)


if __name__ == "__main__":
    unittest.main()
