#!/usr/bin/python3
"""No source over 400 lines and no header over 150, so that a file holds one idea.

A file that is better in one piece says why in its first 20 lines: "// length: the reason".
"""

import re

from rule import files, lines, main

LIMITS = {".cpp": 400, ".hpp": 150, ".py": 400}
REASON = re.compile(r"\s*(//|#) length: \S.*\S")


def check(root):
    violations = []
    for ending, limit in LIMITS.items():
        for path in files(root, (ending,)):
            text = lines(root, path)
            if len(text) > limit and not any(REASON.match(line) for line in text[:20]):
                violations.append(f"{path}:{limit + 1}: {len(text)} lines; {limit} are allowed without a stated reason")
    return violations


if __name__ == "__main__":
    main(check)
