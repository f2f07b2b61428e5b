"""The card gateway of the tests (outboxd-fakegateway): its process, its weather, its own books."""

import http.client
import json
import os
import subprocess

from .node import free_port
from .stack import build_folder

SECRET = "whsec_b3V0Ym94ZC1mYWtlZ2F0ZXdheS1zZWNyZXQ="
API_KEY = "test-key"


class Gateway:
    """Tells its outcomes to `callback_url`. The files of its secrets are in `folder`."""

    def __init__(self, callback_url, folder):
        self.key_file, self.secret_file = os.path.join(folder, "api-key"), os.path.join(folder, "webhook-secret")
        for file, secret in ((self.key_file, API_KEY), (self.secret_file, SECRET)):
            with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as text:
                text.write(secret)
        program = os.path.join(build_folder(), "tests", "support", "outboxd-fakegateway")
        # Of its own choice after a restart too: the daemon knows it by this port.
        self.process = subprocess.Popen([program, "--port", str(free_port()), "--callback-url", callback_url,
                                         "--api-key", API_KEY, "--secret", SECRET],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().removeprefix("gateway=")
        self.control_port = int(self.process.stdout.readline().strip().rpartition(":")[2])

    def settings(self):
        return {"url": self.url, "api_key_file": self.key_file, "webhook_secret_file": self.secret_file}

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 200, f"{method} {path} {body}: {response.status} {answer}"
            return json.loads(answer)
        finally:
            connection.close()

    def control(self, **orders):
        return self.ask("POST", "/control", orders)

    def figures(self):
        return self.ask("GET", "/control")

    def ledger(self):
        return self.ask("GET", "/ledger")

    def fair_weather(self):
        """All that was held goes on, and nothing goes wrong by chance. Turns that are left still come: say it again."""
        self.control(mix={}, callbacks="flow", release=True, down=False, settlePending="succeeded")


# What happens to the gateway, one a tick, again and again. What is held on arrival stays so until the shop has given it up.
WEATHER = (
    {"turns": [{"hold": "arrival"}, {"hold": "reply"}, {"outcome": "pending"}, {"answers": False}]},
    {"callbacks": "hold"},
    {"turns": [{"outcome": "pending"}, {"hold": "arrival", "forged": True}, {"answers": False, "callbacks": 5}]},
    {"callbacks": "reversed"},
    {"settlePending": "declined"},
    {"turns": [{"outcome": "declined", "callbacks": 5, "forged": True}, {"outcome": "declined", "answers": False}]},
    {"callbacks": "hold"},
    {"callbacks": "flow", "settlePending": "succeeded"},
    {},
    {"release": True},
    {"down": True},
    {"down": False},
)
EVERYDAY = {"declined": 10, "silent": 5, "duplicated": 30, "forged": 20, "seed": 1}
