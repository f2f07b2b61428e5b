#!/usr/bin/python3
"""Which folder may include which (docs/architecture.md), and where a library's headers may appear.

A folder's row counts for the folders below it unless they have a row of their own.
"""

import os
import re

from rule import files, lines, main

CORE = "platform/core"
# folder -> folders that it may include besides itself
ALLOWED = {
    CORE: [],
    "platform/config": [CORE],
    "platform/database": [CORE],
    "platform/http": [CORE],
    "platform/kafka": [CORE],
    "platform/log": [CORE],
    "platform/metrics": [CORE],
    "platform/redis": [CORE],
    "platform/security": [CORE],
    "sql": [CORE, "platform/database"],
    "commerce": [CORE],
    "commerce/gateway": [CORE, "commerce", "platform/http"],
    "commerce/mysql": [CORE, "commerce", "platform/database", "sql"],
    # The books against each other: what operators see of it, api/admin may include.
    "commerce/reconcile": [CORE, "commerce"],
    "commerce/mysql/reconcile": [CORE, "commerce", "commerce/mysql", "commerce/reconcile", "platform/database", "sql"],
    "commerce/redis": [CORE, "commerce", "commerce/reconcile", "platform/redis"],
    "scheduler": [CORE],
    "scheduler/http": [CORE, "scheduler", "platform/http"],
    "scheduler/kafka": [CORE, "scheduler", "platform/kafka"],
    "scheduler/mysql": [CORE, "scheduler", "platform/database", "platform/security", "sql"],
    "api": [CORE, "commerce", "platform/http", "platform/log", "platform/metrics", "platform/security"],
    # The operators' side of the API is made of scheduler's ports, as the shop's is of commerce's; and of those of the books.
    "api/admin": [CORE, "api", "commerce/reconcile", "scheduler", "platform/http", "platform/security"],
    "ctl": [CORE, "platform/config", "platform/http"],
}
# The composition root and the tests may include everything but each other; nothing includes them.
ALLOWED["daemon"] = sorted(ALLOWED)
ALLOWED["tests"] = sorted(ALLOWED)

# Folders of generated headers -> the folder that they are made from; "sql/points.hpp" needs no line.
GENERATED = {"api_embedded": "api"}

# Headers of libraries -> folders that may include them; tests may include any.
LIBRARIES = {
    r"Poco/": ["platform/http"],
    r"(mysql|mariadb|ma_|errmsg|mysqld_error)": ["platform/database"],
    r"librdkafka/": ["platform/kafka"],
    r"hiredis/": ["platform/redis"],
    r"yaml-cpp/": ["platform/config"],
    r"CLI/": ["daemon", "ctl"],
    r"prometheus/": ["platform/metrics"],
}

INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """The longest folder of the table that the path is in, or None."""
    folder = os.path.dirname(path)
    folder = GENERATED.get(folder, folder)
    while folder and folder not in ALLOWED:
        folder = os.path.dirname(folder)
    return folder or None


def cycle_in(graph):
    """One cycle as a list of nodes, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for other in graph.get(node, []):
            found = visit(other)
            if found:
                return found
        path.pop()
        done.add(node)
        return None

    for node in sorted(graph):
        found = visit(node)
        if found:
            return found
    return None


def check_include(path, number, folder, own, library):
    where = f"{path}:{number}: "
    if library:
        for pattern, homes in LIBRARIES.items():
            if re.match(pattern, library) and folder != "tests" and folder not in homes:
                return where + f"<{library}> may be included in {', '.join(homes) or 'no folder'} only"
        return None
    if own.startswith(("./", "../")) or "/" not in own:
        return where + f'"{own}": write the path from the root'
    target = folder_of(own)
    if target is None:
        return where + f'"{own}" is in no folder of the table in include_directions.py'
    if target != folder and target not in ALLOWED[folder]:
        return where + f"{folder} may not include {target}"
    return None


def check(root):
    violations = []
    includes = {}
    for path in files(root, (".cpp", ".hpp")):
        folder = folder_of(path)
        if folder is None:
            violations.append(f"{path}:1: its folder has no row in include_directions.py")
            continue
        for number, line in enumerate(lines(root, path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            own, library = match.groups()
            violation = check_include(path, number, folder, own, library)
            if violation:
                violations.append(violation)
            if own:
                includes.setdefault(path, []).append(own)
    cycle = cycle_in(includes)
    if cycle:
        violations.append(f"{cycle[0]}:1: include cycle: {' -> '.join(cycle)}")
    cycle = cycle_in(ALLOWED)
    if cycle:
        violations.append(f"tests/rules/include_directions.py:1: the table has a cycle: {' -> '.join(cycle)}")
    return violations


if __name__ == "__main__":
    main(check)
