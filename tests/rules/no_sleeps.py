#!/usr/bin/python3
"""Tests do not sleep: they move a clock, or wait for a condition.

Exceptions stand in sleeps_allowed.txt as "path: reason". One that is no longer needed is a violation too.
"""

import os
import re

from rule import files, lines, main

SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep|time\.sleep|Thread::sleep|trySleep)\b")
ALLOW_LIST = "tests/rules/sleeps_allowed.txt"
RULES = "tests/rules/"  # they speak of sleeping


def allowed(root, violations):
    entries = {}
    if not os.path.exists(os.path.join(root, ALLOW_LIST)):
        return entries
    for number, line in enumerate(lines(root, ALLOW_LIST), 1):
        if not line.strip() or line.startswith("#"):
            continue
        path, _, reason = line.partition(":")
        if not reason.strip():
            violations.append(f"{ALLOW_LIST}:{number}: '{path.strip()}' has no reason")
        entries[path.strip()] = number
    return entries


def check(root):
    violations = []
    exceptions = allowed(root, violations)
    for path in files(root, (".cpp", ".hpp", ".py"), ("tests",)):
        if path.startswith(RULES):
            continue
        hits = [number for number, line in enumerate(lines(root, path), 1) if SLEEP.search(line)]
        if hits and exceptions.pop(path, None) is None:
            violations += [f"{path}:{number}: tests do not sleep" for number in hits]
    for path, number in exceptions.items():
        violations.append(f"{ALLOW_LIST}:{number}: '{path}' does not sleep; remove the line")
    return violations


if __name__ == "__main__":
    main(check)
