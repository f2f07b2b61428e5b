"""What a consumer sees: every record of the topics, by partition and offset."""

import json
import subprocess
from collections import defaultdict


class Record:
    def __init__(self, line):
        raw = json.loads(line)
        self.topic, self.partition, self.offset = raw["topic"], raw["partition"], raw["offset"]
        self.key, self.payload = raw["key"], json.loads(raw["payload"])
        self.headers = dict(zip(raw["headers"][::2], raw["headers"][1::2]))
        self.event = self.headers["id"].replace("-", "").upper()
        self.sequence = int(self.headers["outbox_seq"])
        self.type = self.headers["eventType"]


def read_topics(stack, prefix, kinds):
    """All records of the topics prefix + kind, in order of topic, partition and offset."""
    records = []
    for kind in kinds:
        command = ["kcat", "-C", "-q", "-e", "-J", "-o", "beginning", "-b", stack.kafka, "-t", prefix + kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"kcat {prefix}{kind}: {done.stderr}"
        records += [Record(line) for line in done.stdout.splitlines()]
    return sorted(records, key=lambda record: (record.topic, record.partition, record.offset))


def order_violations(records):
    """Where a key has two partitions, or a first delivery comes after that of a later event of its key."""
    wrong = []
    highest = {}
    partitions = defaultdict(set)
    seen = set()
    for record in records:
        key = (record.topic, record.key)
        partitions[key].add(record.partition)
        if record.event in seen:
            continue  # a duplicate; the first delivery is what counts
        seen.add(record.event)
        if record.sequence <= highest.get(key, 0):
            wrong.append(f"{key}: {record.sequence} comes first at offset {record.offset}, after {highest[key]}")
        highest[key] = max(record.sequence, highest.get(key, 0))
    return wrong + [f"{key} is on partitions {numbers}" for key, numbers in partitions.items() if len(numbers) > 1]
