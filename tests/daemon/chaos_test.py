#!/usr/bin/python3
"""Three nodes relay what customers and foreign writers write, while something breaks in every round: a node is killed or
frozen past its lease, the broker, the database or Redis is killed, every session is cut. In the end the verifier finds
nothing lost, invented, out of order or on a wrong partition.

OUTBOXD_TEST_CHAOS_ROUNDS: 3 by default, 50 by hand. OUTBOXD_TEST_SEED repeats the choice of faults.
"""

import json
import random
import signal
import unittest

from support.audit import audit_shop, drained
from support.case import DaemonTest, number_from
from support.shoppers import Load
from support.stack import Stack
from support.waiting import now, until
from support.writers import Writers

LANES = 16
OWNERS = """SELECT COUNT(*), COALESCE(SUM(locked_by LIKE '{name}:%'), 0) FROM shedlock
            WHERE name LIKE 'outbox-lane-%' AND lock_until > UTC_TIMESTAMP(3)"""
SESSIONS = "SELECT id FROM information_schema.processlist WHERE db = '{schema}' AND id <> CONNECTION_ID()"
FINDINGS = ("lost", "phantom", "inversions", "wrongPartition", "mismatches")
PATIENCE = 120


class Chaos(DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack.own("chaos")
        cls.addClassCleanup(cls.stack.down)

    # --- faults: each returns when what broke is whole again ------------------------------------------------------

    def kill_node(self, node):
        node.kill()
        node.start().ready()

    def freeze_node(self, node):
        """Until the others have its lanes, so longer than its lease."""
        node.signal(signal.SIGSTOP)
        until(lambda: self.lanes(node) == (LANES, 0), lambda: f"lanes without {node.name}: {self.lanes(node)}", PATIENCE)
        node.signal(signal.SIGCONT)

    def kill_broker(self, _):
        self.stack.control("kill-kafka")
        self.stack.control("start-kafka")

    def kill_database(self, _):
        self.stack.control("kill-mariadb")
        self.stack.control("start-mariadb")

    def kill_sessions(self, _):
        ids = [row[0] for row in self.database.run(SESSIONS.format(schema=self.database.schema))]
        for session in ids:
            try:
                self.database.run(f"KILL {session}", schema="")
            except AssertionError:
                pass  # it was gone already

    def kill_redis(self, _):
        self.stack.control("kill-redis")
        self.stack.control("start-redis")

    # --- what is waited for ------------------------------------------------------------------------------------------

    def lanes(self, node):
        """Lanes that are held, and those of them that this node holds, by the database."""
        return self.database.numbers(OWNERS.format(name=node.name))[0]

    def settled_up_to_now(self):
        """Everything that was written so far is acknowledged, and the relay is at what comes after."""
        last = self.database.number("SELECT MAX(id) FROM outbox_event")

        def left():
            return self.database.number(f"SELECT COUNT(*) FROM outbox_queue WHERE id <= {last}")
        until(lambda: left() == 0, lambda: f"{left()} events up to {last} still wait", PATIENCE, every=0.1)

    def test_nothing_is_lost_invented_or_reordered_whatever_breaks(self):
        rounds = number_from("OUTBOXD_TEST_CHAOS_ROUNDS", 3)
        seed = number_from("OUTBOXD_TEST_SEED", random.randrange(1_000_000))
        dice = random.Random(seed)
        print(f"\nseed {seed}, {rounds} rounds", flush=True)
        relay = {"lease": "2s", "renew_every": "500ms"}
        nodes = [self.node(name, relay=relay) for name in ("one", "two", "three")]
        nodes[0].migrate()
        for node in nodes:
            node.start()
        for node in nodes:
            node.ready()
        load = Load([node.port for node in nodes], customers=4, seed=seed)
        writers = Writers(self.database, seed=seed)
        faults = [self.kill_node, self.freeze_node, self.kill_broker, self.kill_database, self.kill_sessions,
                  self.kill_redis]
        bag, began = [], now()
        for number in range(rounds):
            bag = bag or dice.sample(faults, len(faults))  # each of them before any comes again
            fault, node = bag.pop(), dice.choice([node for node in nodes if self.lanes(node)[1] > 0] or nodes)
            load.wait_for(10)
            fault(node)
            self.settled_up_to_now()
            load.check()
            writers.check()
            self.assertFalse([node.name for node in nodes if node.ended()])
            print(f"{number + 1}: {fault.__name__} {node.name}, {now() - began:.0f} s", flush=True)
        load.stop()
        writers.stop()
        drained(self.database)
        self.verify(nodes[0], sum(writer.broken for writer in writers.writers))
        audit_shop(self, self.database, load)

    def verify(self, node, broken):
        topics = ",".join(row[0] for row in self.database.run("SELECT topic FROM topic_layout"))
        status, text = node.command("verify", "--topics", topics, "--json")
        verdict = json.loads(text.splitlines()[-1])
        print(f"{verdict['events']} events, {verdict['records']} records, {verdict['duplicates']} duplicates, "
              f"{broken} broken transactions of foreign writers", flush=True)
        self.assertEqual({name: verdict[name] for name in FINDINGS}, dict.fromkeys(FINDINGS, 0), verdict)
        self.assertEqual(status, 0)
        self.assertEqual((verdict["waiting"], verdict["unjudged"], verdict["foreign"]), (0, 0, 0))
        self.assertEqual(verdict["events"], self.database.number("SELECT COUNT(*) FROM outbox_event"))


if __name__ == "__main__":
    unittest.main()
