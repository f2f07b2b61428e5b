#!/usr/bin/python3
"""`./dev bench relay`: how fast the relay is, beside a bare loop that does the same work in the same run.

docs/performance.md says how to read what this prints; a full run writes its figures there.
"""

import argparse
import contextlib
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "daemon"))

from processes import processor_seconds  # noqa: E402  pylint: disable=wrong-import-position
from support.node import Node  # noqa: E402  pylint: disable=wrong-import-position
from support.stack import ROOT, Database, Stack, build_folder  # noqa: E402  pylint: disable=wrong-import-position
from support.waiting import until  # noqa: E402  pylint: disable=wrong-import-position

LANES = 16
# The bare loop at its best for each: batches fill in 5 ms; or nothing waits, and the queue is looked at each millisecond.
FOR_BACKLOGS = {"linger-ms": 5, "max-rows": 40_000}
FOR_LATENCY = {"linger-ms": 0, "spacing-us": 1000}
WARM_UPS = 6
SMALL = (10_000, 10_000, 10_000, 200_000)
LARGE = (2_000_000, 200_000)
REPORT = os.path.join(ROOT, "docs", "performance.md")
BEGIN, END = "<!-- figures of ./dev bench relay: begin -->\n", "<!-- end -->\n"


def say(text):
    print(text, flush=True)


def program(name):
    return os.path.join(build_folder(), "tests", "bench", name)


def events(count, size):
    """New events: half of a payload repeats itself, half does not. Nothing of it stays queued."""
    filling = f"REPEAT(CONCAT(MD5(seq), MD5(-seq), MD5(seq * 7), MD5(seq + 0.5)), {size // 128 + 1})"
    return f"""
SET SESSION sql_log_bin = 0;
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
    SELECT UNHEX(MD5(CONCAT(seq, '-', RAND()))), 'bench', CONCAT('key-', seq % 50000), 'backlog',
           LEFT(CONCAT('{{"event":', seq, ',"state":"completed","currency":"KRW","reference":"', {filling}), {size})
    FROM seq_1_to_{count};
TRUNCATE TABLE outbox_queue;
"""


class Scene:
    """A schema with events of one size, and what both contestants need to know of the servers."""

    def __init__(self, stack, stays, size):
        self.stack = stack
        self.size = size
        self.database = Database(stack)
        stays.callback(self.database.drop)
        self.prefixes = {name: f"{name}{self.database.schema[-6:]}." for name in ("ours", "bare")}
        # The lease outlives the time for which the meter stops the process while it fills the queue.
        self.node = Node(self.database, self.prefixes["ours"], "bench", roles=["relay"], log={"level": "warning"},
                         relay={"lease": "5m"})
        stays.callback(self.node.close)
        self.node.migrate()
        for prefix in self.prefixes.values():
            self.meter("topic", brokers=stack.kafka, topic=prefix + "bench")
        self.warm = [self.prepare(600) for _ in range(3)]

    def prepare(self, count):
        """A span of new events: a relay that has sent older ones finds it behind its cursor."""
        first = self.database.number("SELECT COALESCE(MAX(id), 0) + 1 FROM outbox_event")
        self.database.run(events(count, self.size))
        return {"first": first, "last": self.database.number("SELECT MAX(id) FROM outbox_event")}

    def connection(self):
        settings = self.stack.database_settings(self.database.schema)
        return {"db-port": settings["port"], "db-user": settings["user"],
                "db-password-file": settings["password_file"], "schema": settings["name"]}

    def bell(self):
        """How writers ring the relay through Redis."""
        return {"redis": self.stack.env["OUTBOXD_TEST_REDIS"], "channel": f"outboxd:{self.database.schema}:doorbell"}

    @staticmethod
    def meter(what, **options):
        command = [program("outboxd-relay-meter"), what,
                   *(f"--{name}={value}" for name, value in options.items() if not isinstance(value, list))]
        for name, values in options.items():
            if isinstance(values, list):
                command += [f"--{name}", *map(str, values)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
        return json.loads(done.stdout) if done.stdout else {}


class Contestant:
    """One relay at a time: both want all lanes. `rhythm` is that of the bare loop, which cannot follow the load."""

    def __init__(self, scene, name, rhythm):
        self.scene, self.name, self.rhythm = scene, name, rhythm
        self.process = None

    def __enter__(self):
        self.scene.database.run("DELETE FROM shedlock WHERE name LIKE 'outbox-lane-%'")
        self.process = self.start()
        for span in self.scene.warm:  # every lane and every partition has had its first record
            self.scene.database.run("INSERT INTO outbox_queue SELECT CRC32(order_key) & 15, id FROM outbox_event "
                                    f"WHERE id BETWEEN {span['first']} AND {span['last']}")
            until(lambda: self.scene.database.number("SELECT COUNT(*) FROM outbox_queue") == 0, "the relay relays")
        return self

    def measure(self, what, **options):
        pids = [self.process.pid]
        for server in ("mariadb", "kafka"):
            with open(os.path.join(self.scene.stack.folder, f"{server}.pid"), encoding="ascii") as file:
                pids.append(int(file.read().split()[0]))
        figures = self.scene.meter(what, **self.scene.connection(), brokers=self.scene.stack.kafka,
                                   topic=self.scene.prefixes[self.name] + "bench", processes=pids, **options)
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended while it was measured")
        return figures

    def idle(self, seconds):
        """Share of a core that it takes while nothing happens."""
        before = processor_seconds(self.process.pid)
        time.sleep(seconds)
        return (processor_seconds(self.process.pid) - before) / seconds


class Ours(Contestant):
    def start(self):
        node = self.scene.node.start().ready()
        until(lambda: node.lanes() == LANES, "the node has its lanes")
        return node.process

    def __exit__(self, *_):
        self.scene.node.terminate()


class Bare(Contestant):
    def start(self):
        options = {**self.scene.connection(), "brokers": self.scene.stack.kafka, "prefix": self.scene.prefixes["bare"],
                   **self.rhythm}
        process = subprocess.Popen([program("outboxd-bare-relay"), *(f"--{k}={v}" for k, v in options.items())],
                                   stdout=subprocess.PIPE, text=True)
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the bare relay did not start")
        return process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def median(runs, name):
    return statistics.median(run[name] for run in runs)


class Bench:
    def __init__(self, quick):
        self.quick = quick
        self.rounds = 3
        self.runs = {}  # (shape, contestant) -> figures of each run

    def note(self, shape, who, figures):
        self.runs.setdefault((shape, who.name), []).append(figures)
        return figures

    def drain(self, who, shape, span):
        figures = self.note(shape, who, who.measure("drain", **span))
        extra = figures["records"] - figures["rows"]
        say(f"  {shape:<34} {who.name:<5} {figures['rows_per_s']:>9,.0f} rows/s   CPU s per million: relay "
            f"{figures['relay_s']:>5.2f}  database {figures['database_s']:>5.2f}  broker {figures['broker_s']:>5.2f}"
            f"   {figures['rss_mb']:>5.1f} MiB" + (f"   {extra} repeated" if extra else ""))

    def latency(self, who, shape, **options):
        figures = self.note(shape, who, who.measure("latency", seconds=5 if self.quick else 20, **options))
        say(f"  {shape:<34} {who.name:<5} p50 {figures['p50_ms']:>6.2f}  p95 {figures['p95_ms']:>6.2f}  "
            f"p99 {figures['p99_ms']:>6.2f}  max {figures['max_ms']:>7.2f} ms   cores: relay "
            f"{figures['relay_cores']:.3f}  database {figures['database_cores']:.3f}  broker "
            f"{figures['broker_cores']:.3f}" + (f"   MISSING {figures['missing']}" if figures["missing"] else ""))

    def rested(self, who, seconds):
        share = self.note("idle", who, {"cores": who.idle(seconds)})["cores"]
        say(f"  {'idle':<34} {who.name:<5} {100 * share:.2f} % of a core")

    def small(self, scene, spans, contestant):
        size = "300 B" if scene.size < 1000 else "4 KiB"
        with contestant(scene, contestant.__name__.lower(), FOR_BACKLOGS) as who:
            for span in spans[:-1]:
                self.drain(who, f"{size}, backlog 10,000", span)
            self.drain(who, f"{size}, backlog 200,000", spans[-1])

    def single(self, scene, contestant):
        size = "300 B" if scene.size < 1000 else "4 KiB"
        with contestant(scene, contestant.__name__.lower(), FOR_LATENCY) as who:
            self.latency(who, f"{size}, 1,000 commits/s", payload=scene.size)
            if size != "300 B":
                return
            if contestant is Ours:
                self.latency(who, f"{size}, 1,000 commits/s, rung", payload=scene.size, **scene.bell())
            self.rested(who, 3 if self.quick else 10)

    def large(self, scene, spans, contestant):
        with contestant(scene, contestant.__name__.lower(), FOR_BACKLOGS) as who:
            self.drain(who, "300 B, backlog 2,000,000", spans[0])
            self.drain(who, "300 B, 200,000 beside 2,000,000 sent", spans[1])

    def run(self, stack, stays):
        disk = Scene.meter("fsync", folder=stack.folder)
        say(f"  a flush to this disk takes {disk['p50_us']} us (p50), {disk['p99_us']} us (p99)")
        say("==> preparing 300 B events")
        scene = Scene(stack, stays, 300)
        spans = [scene.prepare(count) for count in SMALL]
        say("==> warming up: the broker's first compilations would be the first contestant's loss")
        for _ in range(WARM_UPS):
            for contestant in (Ours, Bare):
                with contestant(scene, contestant.__name__.lower(), FOR_BACKLOGS) as who:
                    who.measure("drain", **spans[-1])
        for contestant in (Ours, Bare):
            with contestant(scene, contestant.__name__.lower(), FOR_LATENCY) as who:
                who.measure("latency", seconds=5 if self.quick else 20, payload=scene.size)
        say("==> single commits, in turns")
        for _ in range(self.rounds):
            for contestant in (Ours, Bare):
                self.single(scene, contestant)
        say("==> drains, in turns")
        for _ in range(self.rounds):
            for contestant in (Ours, Bare):
                self.small(scene, spans, contestant)
        if not self.quick:
            say("==> preparing 2,000,000 more")
            spans = [scene.prepare(count) for count in LARGE]
            for _ in range(self.rounds):
                for contestant in (Ours, Bare):
                    self.large(scene, spans, contestant)
        say("==> preparing 4 KiB events")
        scene = Scene(stack, stays, 4096)
        spans = [scene.prepare(count) for count in SMALL]
        for _ in range(1 if self.quick else self.rounds):
            for contestant in (Ours, Bare):
                self.small(scene, spans, contestant)
        for _ in range(1 if self.quick else self.rounds):
            for contestant in (Ours, Bare):
                self.single(scene, contestant)
        return disk

    # --- what it comes to ------------------------------------------------------------------------------------------

    def table(self):
        shapes = list(dict.fromkeys(shape for shape, _ in self.runs))
        yield "| backlog | daemon rows/s | bare loop rows/s | ratio | CPU s per million events: relay / database / broker " \
              "| bare loop | peak memory |"
        yield "|---|---|---|---|---|---|---|"
        for shape in shapes:
            ours, bare = self.runs[shape, "ours"], self.runs.get((shape, "bare"))
            if "rows_per_s" not in ours[0]:
                continue
            rate, other = median(ours, "rows_per_s"), median(bare, "rows_per_s")

            def spent(runs):
                return " / ".join(f"{median(runs, name):.2f}" for name in ("relay_s", "database_s", "broker_s"))
            yield f"| {shape} | {rate:,.0f} | {other:,.0f} | {rate / other:.2f} | {spent(ours)} | {spent(bare)} " \
                  f"| {max(run['rss_mb'] for run in ours):.0f} MiB |"
        yield ""
        yield "| commit to acknowledgement | p50 / p95 / p99 ms | bare loop | cores: relay / database / broker |"
        yield "|---|---|---|---|"
        for shape in shapes:
            ours, bare = self.runs[shape, "ours"], self.runs.get((shape, "bare"), [])
            if "p50_ms" not in ours[0]:
                continue

            def waits(runs):
                return " / ".join(f"{median(runs, name):.2f}" for name in ("p50_ms", "p95_ms", "p99_ms")) if runs else ""
            cores = " / ".join(f"{median(ours, name):.2f}" for name in ("relay_cores", "database_cores", "broker_cores"))
            yield f"| {shape} | {waits(ours)} | {waits(bare)} | {cores} |"
        yield ""
        yield f"Idle: {100 * median(self.runs['idle', 'ours'], 'cores'):.2f} % of a core."

    def last_line(self):
        shape = "300 B, backlog 200,000"
        rate = median(self.runs[shape, "ours"], "rows_per_s")
        waits = self.runs["300 B, 1,000 commits/s", "ours"]
        peak = max(run["rss_mb"] for (_, who), runs in self.runs.items() if who == "ours" for run in runs
                   if "rss_mb" in run)
        return (f"ratio={rate / median(self.runs[shape, 'bare'], 'rows_per_s'):.2f} rows_per_s={rate:.0f} "
                f"p50_ms={median(waits, 'p50_ms'):.2f} p99_ms={median(waits, 'p99_ms'):.2f} rss_mb={peak:.1f}")


def machine(disk):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    mariadb = subprocess.run(["mariadbd", "--version"], capture_output=True, text=True, check=True,
                             env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}).stdout
    version = re.search(r"Ver (\S+)", mariadb)[1]
    return (f"{datetime.date.today()}: {os.cpu_count()} processors ({model[1] if model else os.uname().machine}), "
            f"{memory:.0f} GiB, Linux {os.uname().release}; {version}; a flush (fdatasync of "
            f"512 bytes) takes {disk['p50_us']} us, p99 {disk['p99_us']} us. Database, broker, relay and measuring "
            "programs share the processors.")


def write_report(text):
    with open(REPORT, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    after = rest.partition(END)[2]
    with open(REPORT, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}{text}{END}{after}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench relay", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true",
                        help="within five minutes: no backlog of 2,000,000, and docs/performance.md stays as it is")
    arguments = parser.parse_args()
    # As in production: room for the hot pages, a broker whose compiler may optimise.
    os.environ.setdefault("OUTBOXD_DEV_MARIADB_BUFFER_POOL", "3G")
    os.environ.setdefault("OUTBOXD_DEV_KAFKA_JVM", "-Xmx1g")
    say("==> starting MariaDB (binary log on, every commit flushed), Redis and Kafka")
    stack = Stack.own("bench")
    bench = Bench(arguments.quick)
    with contextlib.ExitStack() as stays:
        stays.callback(stack.down)
        disk = bench.run(stack, stays)
    lines = [machine(disk), "", *bench.table()]
    say("\n".join(lines))
    if not arguments.quick:
        write_report("\n".join(lines) + "\n")
    say(bench.last_line())


if __name__ == "__main__":
    main()
