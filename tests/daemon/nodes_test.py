#!/usr/bin/python3
"""Nodes on one database share the lanes, and each lane has one relaying node, whatever happens to the others."""

import signal
import unittest

from support.audit import audit_shop, audit_topics, drained
from support.case import DaemonTest
from support.shoppers import Load
from support.waiting import now, until

LANES = 16
VALID_LOCKS = """SELECT SUBSTRING_INDEX(locked_by, ':', 1), COUNT(*) FROM shedlock
                 WHERE name LIKE 'outbox-lane-%' AND lock_until > UTC_TIMESTAMP(3) GROUP BY 1"""


class Nodes(DaemonTest):
    def started(self, name, lease, renew_every):
        return self.node(name, relay={"lease": lease, "renew_every": renew_every}).migrate().start().ready()

    def pair(self, lease, renew_every):
        """Two nodes that share the lanes."""
        first, second = (self.started(name, lease, renew_every) for name in ("first", "second"))
        self.wait_for_shares({first: 8, second: 8})
        return first, second

    def wait_for_shares(self, shares, seconds=60):
        """Until both the nodes and the table of locks say so. How long it took."""
        began = now()
        expected = {node.name: count for node, count in shares.items()}

        def relayed():
            return {node.name: node.lanes() for node in shares}

        def locked():
            return {name: int(count) for name, count in self.database.run(VALID_LOCKS)}

        until(lambda: relayed() == expected == locked(),
              lambda: f"{expected}; relayed {relayed()}, locked {locked()}", seconds)
        return now() - began

    def finish(self, load):
        load.stop()
        drained(self.database)
        audit_shop(self, self.database, load)
        self.assertEqual(load.tally.without_retry_after, [])
        return audit_topics(self, self.database, self.prefix, load)

    def test_nodes_that_come_are_handed_their_shares_and_nothing_is_sent_twice(self):
        first = self.started("first", "4m", "1m")  # longer than the patience of this test: no lease runs out
        self.wait_for_shares({first: 16})
        load = Load([first.port], customers=8)
        load.wait_for(100)
        second = self.started("second", "4m", "1m")
        took = [self.wait_for_shares({first: 8, second: 8})]
        load.wait_for(100)
        third = self.started("third", "4m", "1m")
        took.append(self.wait_for_shares({first: 6, second: 5, third: 5}))
        load.wait_for(100)
        print(f"\nshared after {took[0]:.1f} s (two nodes) and {took[1]:.1f} s (three)", flush=True)
        nodes = (first, second, third)
        self.assertEqual([node.metric("outboxd_relay_lane_quota") for node in nodes], [6, 5, 5])
        self.assertEqual(first.metric("outboxd_relay_lanes_handed_over_total"), 10)
        self.assertEqual(sum(node.metric("outboxd_relay_leases_lost_total") for node in nodes), 0)
        records, duplicates = self.finish(load)
        delivered = sum(node.metric("outboxd_relay_delivered_total") for node in nodes)
        self.assertEqual((delivered, duplicates), (records, 0), "something was sent by two")
        timed = sum(node.metric("outboxd_relay_commit_to_ack_seconds_count") for node in nodes)
        self.assertEqual(timed, delivered)
        self.assertEqual(dict(load.tally.troubles), {})

    def test_the_other_node_takes_over_from_one_that_is_killed(self):
        victim, other = self.pair("3s", "1s")
        load = Load([victim.port, other.port], customers=8)
        load.wait_for(100)
        for _ in range(2):
            victim.kill()
            took = self.wait_for_shares({other: 16})
            print(f"\n{other.name} had all lanes {took:.1f} s after SIGKILL of {victim.name}; lease 3 s", flush=True)
            load.wait_for(50)
            victim.start().ready()
            self.wait_for_shares({victim: 8, other: 8})
            victim, other = other, victim
        records, duplicates = self.finish(load)
        print(f"{load.paid()} orders, {records} records, {duplicates} duplicates", flush=True)

    def test_an_owner_that_sleeps_past_its_lease_does_no_harm(self):
        sleeper, other = self.pair("3s", "1s")
        load = Load([other.port], customers=8)
        load.wait_for(100)
        sleeper.signal(signal.SIGSTOP)
        until(lambda: other.lanes() == LANES, "all lanes at the other")
        load.wait_for(100)
        sleeper.signal(signal.SIGCONT)
        until(lambda: sleeper.metric("outboxd_relay_leases_lost_total") == 8,
              f"{sleeper.name} learns that its lanes are gone")
        load.wait_for(100)
        self.wait_for_shares({sleeper: 8, other: 8})
        self.assertEqual(dict(load.tally.troubles), {})
        records, duplicates = self.finish(load)
        print(f"\n{load.paid()} orders, {records} records, {duplicates} duplicates", flush=True)

    def test_a_node_that_stops_hands_its_lanes_over_at_once(self):
        # A lease far longer than the patience of this test: only an unlocked lane can be taken.
        leaver, other = self.pair("4m", "1m")
        load = Load([leaver.port, other.port], customers=8)
        load.wait_for(100)
        self.assertEqual(leaver.terminate(), 0)
        took = self.wait_for_shares({other: 16})
        print(f"\n{other.name} had all lanes {took:.2f} s after the end of {leaver.name}; lease 240 s", flush=True)
        load.wait_for(100)
        _, duplicates = self.finish(load)
        self.assertEqual(duplicates, 0, "what the stopping node had sent was not marked")

    def test_under_a_single_lock_nothing_is_relayed_while_somebody_else_has_it(self):
        # As a Java relay before the migration would: its own lock, by ShedLock's statement.
        node = self.node(roles=["relay"], relay={"single_lock": "legacy-relay"}).migrate()
        self.database.run("""INSERT INTO shedlock (name, lock_until, locked_at, locked_by)
                             VALUES ('legacy-relay', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, UTC_TIMESTAMP(3), 'java')""")
        node.start().ready()
        until(lambda: node.metric("outboxd_relay_lane_quota") == LANES, "a first look")
        self.assertEqual(self.database.run(VALID_LOCKS), [])
        self.database.run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) WHERE name = 'legacy-relay'")
        self.wait_for_shares({node: 16})
        # And the other way round: who has the lock now is not the Java relay.
        taken = self.database.run("""UPDATE shedlock SET locked_by = 'java' WHERE name = 'legacy-relay'
                                     AND lock_until <= UTC_TIMESTAMP(3); SELECT ROW_COUNT()""")
        self.assertEqual(taken, [["0"]])
        self.assertEqual(node.terminate(), 0)
        self.assertEqual(self.database.number("SELECT COUNT(*) FROM shedlock WHERE lock_until > UTC_TIMESTAMP(3)"), 0)


if __name__ == "__main__":
    unittest.main()
