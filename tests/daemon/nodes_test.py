#!/usr/bin/python3
"""Two nodes on one database: each lane has one relaying node, whatever happens to the other."""

import signal
import unittest

from support.audit import audit_shop, audit_topics, drained
from support.case import DaemonTest
from support.shoppers import Load
from support.waiting import now, until

LANES = 16
VALID_LOCKS = """SELECT SUBSTRING_INDEX(locked_by, ':', 1), COUNT(*) FROM shedlock
                 WHERE name LIKE '%lane%' AND lock_until > UTC_TIMESTAMP(3) GROUP BY 1"""


class Nodes(DaemonTest):
    def pair(self, lease, renew_every):
        """The node that relays, and the other."""
        relay = {"lease": lease, "renew_every": renew_every}
        first = self.node("first", relay=relay).migrate().start().ready()
        second = self.node("second", relay=relay).start().ready()
        until(lambda: first.lanes() + second.lanes() == LANES, "sixteen lanes")
        # Quotas come later: for now the first takes all. Should both have some, either may be the owner.
        return (first, second) if first.lanes() >= second.lanes() else (second, first)

    def wait_for_all_lanes(self, node, seconds=60):
        began = now()
        until(lambda: node.lanes() == LANES, lambda: f"{node.name} has all lanes; it has {node.lanes()}", seconds)
        self.assertEqual(self.database.run(VALID_LOCKS), [[node.name, str(LANES)]])
        return now() - began

    def finish(self, load):
        load.stop()
        drained(self.database)
        audit_shop(self, self.database, load)
        self.assertEqual(load.tally.without_retry_after, [])
        return audit_topics(self, self.database, self.prefix, load)

    def test_each_lane_is_relayed_by_one_node(self):
        owner, other = self.pair("3s", "1s")
        load = Load([owner.port, other.port], customers=8)
        load.wait_for(200)
        locks = dict(self.database.run(VALID_LOCKS))
        self.assertEqual({node.name: node.lanes() for node in (owner, other)},
                         {node.name: int(locks.get(node.name, 0)) for node in (owner, other)})
        self.assertEqual(sum(int(count) for count in locks.values()), LANES)
        records, duplicates = self.finish(load)
        delivered = sum(node.metric("outboxd_relay_delivered_total") for node in (owner, other))
        self.assertEqual((delivered, duplicates), (records, 0), "something was sent by both")
        self.assertEqual(dict(load.tally.troubles), {})

    def test_the_other_node_takes_over_from_one_that_is_killed(self):
        owner, other = self.pair("3s", "1s")
        load = Load([owner.port, other.port], customers=8)
        load.wait_for(100)
        for _ in range(2):
            owner.kill()
            took = self.wait_for_all_lanes(other, seconds=3 + 12)
            print(f"\n{other.name} had all lanes {took:.1f} s after SIGKILL of {owner.name}; lease 3 s", flush=True)
            load.wait_for(50)
            owner.start().ready()
            owner, other = other, owner
        records, duplicates = self.finish(load)
        print(f"{load.paid()} orders, {records} records, {duplicates} duplicates", flush=True)

    def test_an_owner_that_sleeps_past_its_lease_does_no_harm(self):
        owner, other = self.pair("3s", "1s")
        load = Load([other.port], customers=8)
        load.wait_for(100)
        owner.signal(signal.SIGSTOP)
        self.wait_for_all_lanes(other)
        load.wait_for(100)
        owner.signal(signal.SIGCONT)
        until(lambda: owner.lanes() == 0, f"{owner.name} learns that its lanes are gone")
        load.wait_for(100)
        self.wait_for_all_lanes(other)
        self.assertGreater(owner.metric("outboxd_relay_lanes_lost_total"), 0)
        self.assertEqual(dict(load.tally.troubles), {})
        records, duplicates = self.finish(load)
        print(f"\n{load.paid()} orders, {records} records, {duplicates} duplicates", flush=True)

    def test_a_node_that_stops_hands_its_lanes_over_at_once(self):
        # A lease far longer than the patience of this test: only an unlocked lane can be taken.
        owner, other = self.pair("4m", "1m")
        load = Load([owner.port, other.port], customers=8)
        load.wait_for(100)
        self.assertEqual(owner.terminate(), 0)
        took = self.wait_for_all_lanes(other)
        print(f"\n{other.name} had all lanes {took:.2f} s after the end of {owner.name}; lease 240 s", flush=True)
        load.wait_for(100)
        records, duplicates = self.finish(load)
        self.assertEqual(duplicates, 0, "what the stopping node had sent was not marked")


if __name__ == "__main__":
    unittest.main()
