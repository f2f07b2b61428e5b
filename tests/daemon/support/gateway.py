"""The fake card gateway (tests/support/fakegateway.cpp) as a process."""

import json
import os
import subprocess
import urllib.request

from .stack import build_folder

SECRET = "whsec_b3V0Ym94ZC1mYWtlZ2F0ZXdheS1zZWNyZXQ="
KEY = "test-key"


class Gateway:
    """Tells its callbacks to the node at `port`."""

    def __init__(self, port, folder):
        program = os.path.join(build_folder(), "tests", "support", "outboxd-fakegateway")
        self.process = subprocess.Popen(
            [program, "--api-key", KEY, "--secret", SECRET,
             "--callback-url", f"http://127.0.0.1:{port}/api/v1/payments/callbacks"],
            stdout=subprocess.PIPE, text=True)
        said = dict(self.process.stdout.readline().strip().split("=", 1) for _ in range(2))
        self.url, self.control = said["gateway"], said["control"]
        self.files = {}
        for name, text in (("api_key_file", KEY), ("webhook_secret_file", SECRET)):
            self.files[name] = os.path.join(folder, name)
            with open(self.files[name], "w", encoding="ascii") as file:
                file.write(text + "\n")
            os.chmod(self.files[name], 0o600)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def settings(self, **changes):
        """Of a node that is to take cards."""
        return {"url": self.url, **self.files, **changes}

    def tell(self, **orders):
        request = urllib.request.Request(self.control + "/control", json.dumps(orders).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def next(self, **turn):
        self.tell(turns=[turn])

    def state(self):
        with urllib.request.urlopen(self.control + "/control", timeout=30) as response:
            return json.load(response)

    def ledger(self):
        with urllib.request.urlopen(self.control + "/ledger", timeout=30) as response:
            return json.load(response)
