"""What the rules share: which files there are, and how a violation is reported.

A rule is a script that is given the project's root. It prints one line for each violation,
"path:line: what is wrong", and exits with 1 if there was any. self_test.py plants violations of each.
"""

import os
import sys

SOURCE_FOLDERS = ("api", "commerce", "ctl", "daemon", "platform", "scheduler", "sql", "tests")


def files(root, endings, folders=SOURCE_FOLDERS):
    """Paths below root, with '/', of the files that end so; sorted."""
    found = []
    for folder in folders:
        for where, below, names in os.walk(os.path.join(root, folder)):
            below[:] = [name for name in below if not name.startswith(".") and name != "__pycache__"]
            for name in names:
                if name.endswith(endings):
                    found.append(os.path.relpath(os.path.join(where, name), root).replace(os.sep, "/"))
    return sorted(found)


def lines(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read().splitlines()


def main(check):
    """check(root) returns a list of violations."""
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    if not files(root, (".cpp", ".hpp")):
        sys.exit(f"{root}: no sources there; give the project's root")
    violations = check(root)
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)
