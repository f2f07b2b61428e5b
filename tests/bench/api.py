#!/usr/bin/python3
"""`./dev bench api`: how fast the API is, beside a bare front that does the same statements in the same run.

docs/benchmarks.md says how to read what this prints.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "daemon"))

from processes import processor_seconds  # noqa: E402  pylint: disable=wrong-import-position
from support.node import Node, free_port  # noqa: E402  pylint: disable=wrong-import-position
from support.stack import Database, Stack, build_folder  # noqa: E402  pylint: disable=wrong-import-position
from support.waiting import until  # noqa: E402  pylint: disable=wrong-import-position

USERS = 400_000
PRODUCTS = 100
RATE = 1000

SEED = f"""
INSERT INTO users (username, email) SELECT CONCAT('user-', seq), 'user@example.com' FROM seq_1_to_{USERS};
INSERT INTO point_account (user_id, balance) SELECT id, 1000000000000 FROM users;
INSERT INTO point_history (user_id, amount, balance_after, kind, reference)
    SELECT id, 1000000000000, 1000000000000, 'CHARGE', CONCAT('charge:', id) FROM users;
INSERT INTO product (name, price) SELECT CONCAT('product ', seq), 100 + seq FROM seq_1_to_{PRODUCTS};
INSERT INTO stock_slot (product_id, slot, quantity) SELECT id, 0, 1000000000 FROM product;
INSERT INTO product_sales (bucket_hour, product_id, quantity)
    SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL hour.seq HOUR, '%Y-%m-%d %H:00:00'), id, 1 + (id * 7 + hour.seq) % 50
    FROM product JOIN seq_0_to_72 hour;
INSERT INTO coupon (name, kind, discount, total, starts_at, ends_at)
    VALUES ('first come', 'FIXED', 100, 10000000, UTC_TIMESTAMP(6) - INTERVAL 1 DAY, UTC_TIMESTAMP(6) + INTERVAL 1 DAY);
"""


def program(name):
    return os.path.join(build_folder(), "tests", "bench", name)


def say(text):
    print(text, flush=True)


class BareFront:
    """The yardstick, on a schema of its own."""

    def __init__(self, database):
        settings = database.stack.database_settings(database.schema)
        self.port = free_port()
        command = [program("outboxd-bare-front"), f"--port={self.port}", f"--db-host={settings['host']}",
                   f"--db-port={settings['port']}", f"--db-user={settings['user']}",
                   f"--db-password-file={settings['password_file']}", f"--schema={settings['name']}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the bare front did not start")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def memory(pid):
    """Resident now and at most, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def load(target, scenario, **options):
    """One run of the generator against `target` (with port and process): its figures, with the target's own."""
    command = [program("outboxd-load"), scenario, f"--port={target.port}",
               *(f"--{name}={value}" for name, value in options.items())]
    before = processor_seconds(target.process.pid)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    figures = json.loads(done.stdout)
    answers = sum(figures["statuses"].values())
    spent = processor_seconds(target.process.pid) - before
    whole = options["seconds"] + options.get("warmup", 1)
    figures["cpu_us"] = 1e6 * spent / max(1.0, answers * whole / options["seconds"])
    figures["errors"] = answers - figures["good"] + figures["broken"] + figures["unanswered"]
    return figures


def show(name, figures):
    statuses = " ".join(f"{status}:{count}" for status, count in figures["statuses"].items())
    say(f"  {name:<38} {figures['good_per_s']:>9,.0f}/s   p50 {figures['p50_ms']:>7.2f}  p95 {figures['p95_ms']:>7.2f}"
        f"  p99 {figures['p99_ms']:>7.2f}  max {figures['max_ms']:>8.2f} ms   {figures['cpu_us']:>5.0f} us/answer"
        f"   {statuses or '-'}  errors {figures['errors']}")


def median(runs, name):
    return statistics.median(run[name] for run in runs)


class Bench:
    def __init__(self, stack, quick, stays):
        self.stack = stack
        self.seconds = 5 if quick else 15
        self.rounds = 2 if quick else 5
        self.stays = stays

    def schema(self, *, seeded):
        """A fresh schema with our tables, and one node's settings for it."""
        database = Database(self.stack)
        self.stays.callback(database.drop)
        node = Node(database, f"bench{database.schema[-6:]}.", "bench", log={"level": "warning"})
        self.stays.callback(node.close)
        node.migrate()
        if seeded:
            database.run(SEED)
        return database, node

    def drained(self, database):
        until(lambda: database.number("SELECT COUNT(*) FROM outbox_queue") == 0, "the relay has caught up", 120)

    def maxima(self, node, database, bare, connections):
        """A B A B: the machine's mood hits both."""
        ours, theirs, with_relay = [], [], []
        options = {"connections": connections, "seconds": self.seconds}
        for _ in range(self.rounds):
            node.write_config(roles=["api"])
            node.start().ready()
            ours.append(load(node, "authorize", **options))
            show("authorise, roles [api]", ours[-1])
            node.terminate()
            theirs.append(load(bare, "authorize", **options))
            show("authorise, bare front", theirs[-1])
        database.run("TRUNCATE TABLE outbox_queue")  # what the runs without a relay left
        node.write_config(roles=["api", "relay", "jobs", "consumers"])
        node.start().ready()
        until(lambda: node.lanes() == 16, "the node has its lanes")
        for _ in range(self.rounds):
            with_relay.append(load(node, "authorize", **options))
            show("authorise, all roles", with_relay[-1])
            self.drained(database)
        return ours, theirs, with_relay

    def run(self, connections):
        say("==> preparing the schemas")
        database, node = self.schema(seeded=True)
        bare_database, _ = self.schema(seeded=False)
        bare = BareFront(bare_database)
        self.stays.callback(bare.close)

        say(f"==> the most authorisations, closed loop, {connections} connections")
        ours, theirs, with_relay = self.maxima(node, database, bare, connections)
        best = median(ours, "good_per_s")
        ratio = best / median(theirs, "good_per_s")
        say(f"  medians: ours {best:,.0f}/s, bare {median(theirs, 'good_per_s'):,.0f}/s, ratio {ratio:.2f}; "
            f"with the relay {median(with_relay, 'good_per_s'):,.0f}/s")

        say(f"==> {RATE} authorisations/s, open loop, all roles, 64 connections")
        steady = []
        for _ in range(self.rounds):
            steady.append(load(node, "authorize", connections=64, rate=RATE, seconds=self.seconds))
            show(f"authorise at {RATE}/s, all roles", steady[-1])
        bare_steady = load(bare, "authorize", connections=64, rate=RATE, seconds=self.seconds)
        show(f"authorise at {RATE}/s, bare front", bare_steady)

        say("==> four times the maximum, open loop, 1000 connections: refusals must be quick, work must go on")
        flood = load(node, "authorize", connections=1000, rate=round(4 * best), seconds=self.seconds)
        show("authorise at 4 x the maximum", flood)
        say(f"  {flood['retry_after']} refusals named a Retry-After; {flood['unanswered']} requests were still due at the end")
        self.drained(database)
        show(f"afterwards at {RATE}/s", load(node, "authorize", connections=64, rate=RATE, seconds=3))

        say("==> the rest of the shop, closed loop, all roles")
        orders = load(node, "order", connections=32, seconds=self.seconds, users=USERS, products=PRODUCTS)
        show("order and pay by points (as one)", orders)
        self.drained(database)
        claims = load(node, "claim", connections=64, seconds=self.seconds, users=USERS)
        show("claim a coupon, each user once", claims)
        show("claim, bare front (one INSERT)", load(bare, "claim", connections=64, seconds=self.seconds, users=USERS))
        top5 = load(node, "top5", connections=64, seconds=self.seconds)
        show("top 5", top5)

        resident, peak = memory(node.process.pid)
        say(f"  memory of the daemon: {resident:.0f} MiB resident, {peak:.0f} MiB at most")
        say(f"authorize_ratio={ratio:.2f} authorize_p95_ms={median(steady, 'p95_ms'):.2f} "
            f"authorize_p99_ms={median(steady, 'p99_ms'):.2f} claims_per_s={claims['good_per_s']:.0f} "
            f"top5_per_s={top5['good_per_s']:.0f}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench api", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter and fewer runs: within five minutes")
    parser.add_argument("--connections", type=int, default=64, help="of the closed loops for authorisations")
    arguments = parser.parse_args()
    # As in production: room for the hot pages, a broker whose compiler may optimise.
    os.environ.setdefault("OUTBOXD_DEV_MARIADB_BUFFER_POOL", "1G")
    os.environ.setdefault("OUTBOXD_DEV_KAFKA_JVM", "-Xmx1g")
    say("==> starting MariaDB (binary log on, every commit flushed), Redis and Kafka")
    stack = Stack.own("bench")
    with contextlib.ExitStack() as stays:
        stays.callback(stack.down)
        Bench(stack, arguments.quick, stays).run(arguments.connections)


if __name__ == "__main__":
    main()
