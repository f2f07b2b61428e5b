#!/usr/bin/python3
"""Statements stand in sql/, where people read SQL and a test prepares each of them.

Where a statement must be built at run time or cannot come from sql/, a comment "// sql: the reason" stands above
it and counts up to the next empty line; only the folders of EXCEPTIONS may have one. Tests may speak SQL.
"""

import re

from rule import files, lines, main

FOLDERS = ("api", "commerce", "ctl", "daemon", "platform", "scheduler")
EXCEPTIONS = ("platform/database/", "scheduler/mysql/")
STATEMENT = re.compile(r'"(?:\w{0,16}\()?\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)(?=\s|\\n)')
RAW_BEGIN = re.compile(r'R"\w{0,16}\(\s*$')
BARE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)(?=\s|$)")
REASON = re.compile(r"\s*// sql: \S.*\S")


def check_file(root, path):
    violations = []
    excused, raw_begins = False, False
    for number, line in enumerate(lines(root, path), 1):
        if not line.strip():
            excused = False
        if REASON.match(line):
            excused = True
            if not path.startswith(EXCEPTIONS):
                violations.append(f"{path}:{number}: only {' and '.join(EXCEPTIONS)} may hold statements")
        hit = STATEMENT.search(line) or (raw_begins and BARE.match(line))
        if hit and not excused:
            violations.append(f"{path}:{number}: {hit.group(1)} outside sql/")
        raw_begins = bool(RAW_BEGIN.search(line)) or (raw_begins and not line.strip())
    return violations


def check(root):
    return [found for path in files(root, (".cpp", ".hpp"), FOLDERS) for found in check_file(root, path)]


if __name__ == "__main__":
    main(check)
