"""The fake receiver of events (tests/support/fakecollector.cpp) as a process."""

import json
import os
import subprocess
import urllib.request
from collections import Counter

from .stack import build_folder

SECRET = "whsec_b3V0Ym94ZC1mYWtlY29sbGVjdG9yLXNlY3JldA=="


class Collector:
    """The receiver of the listener `name`; writes its log into `folder`."""

    def __init__(self, name, folder):
        program = os.path.join(build_folder(), "tests", "support", "outboxd-fakecollector")
        self.log_file = os.path.join(folder, f"{name}.log")
        self.process = subprocess.Popen([program, "--name", name, "--secret", SECRET, "--log", self.log_file],
                                        stdout=subprocess.PIPE, text=True)
        said = dict(self.process.stdout.readline().strip().split("=", 1) for _ in range(2))
        self.url, self.control = said["collector"], said["control"]
        self.secret_file = os.path.join(folder, f"{name}.secret")
        with open(self.secret_file, "w", encoding="ascii") as file:
            file.write(SECRET + "\n")
        os.chmod(self.secret_file, 0o600)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def settings(self, **changes):
        """Of a node that is to call it."""
        return {"url": self.url, "secret_file": self.secret_file, **changes}

    def tell(self, mode, **details):
        request = urllib.request.Request(self.control + "/control", json.dumps({"mode": mode, **details}).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def counts(self):
        with urllib.request.urlopen(self.control + "/control", timeout=30) as response:
            return json.load(response)

    def accepted(self):
        """What it wrote down, in the order of arrival."""
        with open(self.log_file, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def ids(self):
        """How often each event was accepted."""
        return Counter(event["id"] for event in self.accepted())
