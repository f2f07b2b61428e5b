"""`./dev run` and the README, word by word: every `$` line of its console blocks is run in one shell against the node
that `./dev run` started, and what it prints must be what the README says (`…` stands for anything)."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from support.waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 240  # seconds; generous, only to end a run that hangs
END = "\x1e"


class Step:
    """A `$` line, and what the README says that it prints."""

    def __init__(self, command):
        self.command = command
        self.expected = []
        self.printed = ""

    def as_written(self, shell):
        self.printed = shell.run(self.command)
        pattern = "\n".join(".*".join(re.escape(part) for part in line.split("…")) for line in self.expected)
        return re.fullmatch(pattern, self.printed) is not None

    def difference(self):
        says = "\n".join(self.expected)
        return f"$ {self.command}\nthe README says:\n{says}\nit prints:\n{self.printed}"


def console_steps(text):
    """The steps of every console block, in order."""
    steps = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:]))
            else:
                steps[-1].expected.append(line)
    return steps


class Shell:
    """One bash for all commands, so that variables stay."""

    def __init__(self, environment, folder):
        self.process = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
                                        env={**os.environ, **environment})

    def run(self, command):
        self.process.stdin.write(f"{command}\nprintf '\\n{END}\\n'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == END + "\n":
                return "".join(lines).rstrip("\n")
            lines.append(line)
        raise AssertionError(f"the shell ended at: {command}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        # A profile of its own, so that a `./dev run` of the developer is not disturbed.
        self.run = subprocess.Popen(["./dev", "run"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                    env={**os.environ, "OUTBOXD_RUN_PROFILE": "readme", "OUTBOXD_DEV_INSTALL": "no"})
        self.addCleanup(self.end)

    def end(self):
        if self.run.poll() is None:
            self.run.send_signal(signal.SIGTERM)
        self.run.communicate(timeout=PATIENCE)

    def until_ready(self):
        said = []
        for line in self.run.stdout:
            said.append(line)
            exports = re.search(r"export API=(\S+) ADMIN=(\S+) KAFKA=(\S+)", line)
            if exports:
                return "".join(said), dict(zip(("API", "ADMIN", "KAFKA"), exports.groups()))
        self.fail("./dev run ended early:\n" + "".join(said))

    def test_run_shows_a_purchase_and_the_readme_is_true(self):
        said, addresses = self.until_ready()
        self.assertIn("eventType=PaymentCompleted", said)
        self.assertRegex(said, r'"orderId":\d+,"paymentId":\d+')

        steps = console_steps((ROOT / "README.md").read_text(encoding="utf-8"))
        self.assertGreater(len(steps), 12)
        with tempfile.TemporaryDirectory() as folder:
            shell = Shell(addresses, folder)
            self.addCleanup(shell.close)
            for step in steps:
                if step.command.startswith("kcat"):  # events arrive when they arrive; reading again is harmless
                    until(lambda: step.as_written(shell), step.difference)
                else:
                    self.assertTrue(step.as_written(shell), step.difference())

        self.run.send_signal(signal.SIGTERM)
        rest = self.run.communicate(timeout=PATIENCE)[0]
        self.assertIn("stopping what was started", rest)
        self.assertEqual(list((ROOT / ".dev/readme").glob("*.pid")), [])


if __name__ == "__main__":
    unittest.main()
