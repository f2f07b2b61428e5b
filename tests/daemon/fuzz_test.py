#!/usr/bin/python3
"""schemathesis against the served description: all of its checks, no failure, no 5xx.

It lives in .dev/fuzz, where `./dev test` puts it; without it this test is skipped.
OUTBOXD_TEST_FUZZ_EXAMPLES: how many requests each operation is tried with at random; 20 by default.
"""

import os
import subprocess
import sys
import unittest

from support.case import DaemonTest, number_from
from support.client import Client
from support.stack import ROOT

PROGRAM = os.environ.get("OUTBOXD_TEST_SCHEMATHESIS", os.path.join(ROOT, ".dev", "fuzz", "bin", "schemathesis"))
HOOKS = os.path.dirname(os.path.abspath(__file__))
TOKEN = "the-administrators-token"
SKIPPED = 77


class Fuzz(DaemonTest):
    def test_no_check_of_schemathesis_fails(self):
        node = self.node().migrate()
        for name, content in (("keys", "# none\n"), ("token", TOKEN)):
            with open(os.path.join(node.folder.name, name), "w", encoding="utf-8") as file:
                file.write(content)
        node.write_config(auth={"mode": ["api_key"], "api_keys_file": "keys", "admin_token_file": "token"})
        node.start().ready()
        self.fill(Client(node.port))
        done = subprocess.run(
            [PROGRAM, "--config-file", os.path.join(ROOT, "tests", "daemon", "schemathesis.toml"), "run",
             f"http://127.0.0.1:{node.port}/openapi.yaml", "--checks", "all", "--continue-on-failure", "--no-color",
             "--max-examples", str(number_from("OUTBOXD_TEST_FUZZ_EXAMPLES", 20)),
             "--header", f"Authorization: Bearer {TOKEN}"],
            cwd=node.folder.name, env={**os.environ, "PYTHONPATH": HOOKS, "PYTHONDONTWRITEBYTECODE": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=540, check=False)
        print(done.stdout if done.returncode else done.stdout[-1500:], flush=True)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(node.logged("http_handler_failed"), [])

    @staticmethod
    def fill(client):
        """Enough of everything that small ids exist."""
        client.headers = {"Authorization": f"Bearer {TOKEN}"}
        for number in range(3):
            user = client.made("/api/v1/users", {"username": f"u{number}", "email": "u@example.org"})["userId"]
            client.made(f"/api/v1/users/{user}/points/charges", {"amount": 10000})
            product = client.made("/api/v1/products", {"name": "p", "price": 1, "stock": 10**6})["productId"]
            lines = [{"productId": product, "quantity": 1}]
            order = client.made("/api/v1/orders", {"userId": user, "lines": lines})["orderId"]
            client.made(f"/api/v1/orders/{order}/payment", {"userId": user})
        client.close()


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print(f"skipped: there is no {PROGRAM}")
        sys.exit(SKIPPED)
    unittest.main()
