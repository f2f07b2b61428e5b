#!/usr/bin/python3
"""The daemon is killed again and again while customers shop. Whatever was answered is true afterwards.

OUTBOXD_TEST_ORDERS and OUTBOXD_TEST_KILLS make it longer; OUTBOXD_TEST_SEED repeats what a run did.
"""

import random
import unittest

from support.audit import audit_shop, audit_topics, drained
from support.case import DaemonTest, number_from
from support.shoppers import Load
from support.waiting import now, until


class Crash(DaemonTest):
    def test_nothing_that_was_answered_is_lost_when_the_daemon_is_killed(self):
        orders, kills = number_from("OUTBOXD_TEST_ORDERS", 600), number_from("OUTBOXD_TEST_KILLS", 4)
        seed = number_from("OUTBOXD_TEST_SEED", random.randrange(1_000_000))
        print(f"\nseed {seed}", flush=True)
        node = self.node(relay={"lease": "2s", "renew_every": "500ms"}).migrate().start().ready()
        began = now()
        load = Load([node.port], customers=16, seed=seed)
        moments = sorted(random.Random(seed).sample(range(orders // 50, orders * 9 // 10), kills))
        for number, moment in enumerate(moments):
            load.wait_for(moment - load.paid(), 600)
            # A killed node's lanes stay locked for a lease. Most kills shall hit a relay that is sending.
            if number % 4 != 3:
                until(lambda: node.metric("outboxd_relay_delivered_total") > 0, "deliveries", every=0.005)
            node.kill()
            node.start().ready()
        load.wait_for(orders - load.paid(), 1200)
        load.stop()
        orders, shopped = load.paid(), now() - began
        drained(self.database)
        spent = now() - began
        self.assertEqual(node.terminate(), 0)

        audit_shop(self, self.database, load)
        records, duplicates = audit_topics(self, self.database, self.prefix, load)
        self.assertGreater(load.tally.troubles["connection lost"], 0, "no kill was noticed")
        self.assertEqual(load.tally.without_retry_after, [])
        print(f"{orders} orders paid by 16 clients, {kills} kills at {moments}: "
              f"{shopped:.1f} s, drained after {spent:.1f} s; {records} records, {duplicates} duplicates\n"
              f"retried: {dict(load.tally.troubles)}; refused: {dict(load.total(lambda c: c.refused))}", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
