"""One real daemon: its configuration, its process, its log, its admin port."""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import tempfile

from .stack import build_folder
from .waiting import until

# The node answers within a second; a machine busy with other tests, or a sanitizer, may take its time.
PATIENCE = 90


def program():
    return os.environ.get("OUTBOXD_TEST_PROGRAM", os.path.join(build_folder(), "daemon", "outboxd"))


def sanitized():
    return bool(os.environ.get("OUTBOXD_TEST_SANITIZE"))


def surroundings(changes):
    """Without the variables of the tests themselves: the daemon takes each OUTBOXD_ one for a setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTBOXD_")}
    return {**kept, **changes}


def free_port():
    """Below the range of outgoing connections, so that it is still free when a killed node comes back."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def merged(settings, changes):
    result = dict(settings)
    for name, value in changes.items():
        result[name] = merged(result.get(name, {}), value) if isinstance(value, dict) else value
    return result


def yaml(settings, indent=""):
    text = ""
    for name, value in settings.items():
        if isinstance(value, dict):
            text += f"{indent}{name}:\n{yaml(value, indent + '  ')}"
        else:
            text += f"{indent}{name}: {json.dumps(value)}\n"  # JSON's scalars and lists are YAML
    return text


class Node:
    """A node on the Database `where`. Events go to topics that begin with `prefix`. `changes` overrides settings."""

    def __init__(self, where, prefix, name="node", /, **changes):
        self.folder = tempfile.TemporaryDirectory(prefix="outboxd-test-")
        self.config = os.path.join(self.folder.name, "outboxd.yaml")
        self.log_file = os.path.join(self.folder.name, "log")
        self.name = name
        self.token_file = os.path.join(self.folder.name, "admin-token")
        with open(self.token_file, "w", encoding="ascii") as file:
            file.write("token-of-the-tests")
        self.process = None
        self.port = free_port()
        self.admin_port = free_port()
        stack = where.stack
        self.settings = merged({
            "node": {"name": name},
            "database": stack.database_settings(where.schema),
            "redis": stack.redis_settings(),
            "kafka": {"brokers": [stack.kafka], "topic_prefix": prefix},
            "consumers": {"group_prefix": prefix},
            "http": {"port": self.port},
            "admin": {"port": self.admin_port, "token_file": self.token_file},
            "loyalty": {"rate": 0},  # tests that compare balances know what they did; shop_test.py has it on
        }, changes)
        self.write_config()

    def write_config(self, **changes):
        self.settings = merged(self.settings, changes)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(yaml(self.settings))

    # --- the process -------------------------------------------------------------------------------------------

    def command(self, *arguments, timeout=120, **environment):
        """Runs a command to its end: the exit status and all that it printed."""
        done = subprocess.run([program(), *arguments, "--config", self.config], env=surroundings(environment),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
                              check=False)
        return done.returncode, done.stdout

    def ctl(self, *arguments, timeout=120):
        """outboxctl: the exit status and all that it printed."""
        program = os.path.join(build_folder(), "ctl", "outboxctl")
        done = subprocess.run([program, "--url", f"http://127.0.0.1:{self.admin_port}", "--token-file", self.token_file,
                               *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
        return done.returncode, done.stdout

    def desk(self, *arguments, timeout=120):
        """What outboxctl answers as JSON; it must succeed."""
        status, text = self.ctl(*arguments, "--json", timeout=timeout)
        assert status == 0, f"outboxctl {arguments}: {status} {text}"
        return json.loads(text)

    def migrate(self):
        status, text = self.command("migrate")
        assert status == 0, text
        return self

    def start(self, **environment):
        """Starts it and returns at once."""
        assert self.process is None
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([program(), "serve", "--config", self.config],
                                            env=surroundings(environment), stdout=log, stderr=log)
        return self

    def ready(self):
        """Waits until /readyz says 200."""
        until(lambda: self.ended() or self.readyz()[0] == 200, lambda: f"{self.name} is ready\n{self.tail()}", PATIENCE)
        assert not self.ended(), f"{self.name} ended at its start\n{self.tail()}"
        return self

    def ended(self):
        return self.process.poll() is not None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None

    def terminate(self):
        """SIGTERM; the exit status."""
        self.signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.process = None
        return status

    def close(self):
        self.kill()
        self.folder.cleanup()

    # --- what it says ------------------------------------------------------------------------------------------

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def tail(self):
        return "\n".join(self.log().splitlines()[-25:])

    def logged(self, event):
        """The lines of this event, each as a dict."""
        return [json.loads(line) for line in self.log().splitlines() if f'"{event}"' in line]

    def admin(self, path):
        """Status and body; status 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def readyz(self):
        """Status, and the health of each thing that was checked."""
        status, body = self.admin("/readyz?verbose")
        checks = json.loads(body)["checks"] if status in (200, 503) and body.startswith("{") else []
        return status, {check["name"]: check["status"] for check in checks}

    def metric(self, name):
        found = re.search(rf"^{name} (\S+)$", self.admin("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else 0.0

    def lanes(self):
        return int(self.metric("outboxd_relay_lanes"))

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) * 1024
