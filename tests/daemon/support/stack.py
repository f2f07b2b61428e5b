"""The real servers: those that ctest's fixture started, or a test's own that it may stop and kill."""

import os
import shutil
import subprocess
import uuid

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
SCRIPT = os.path.join(ROOT, "tests", "support", "stack")


def build_folder():
    return os.environ.get("OUTBOXD_TEST_BUILD_DIR", os.path.join(ROOT, "build", "dev"))


class Stack:
    def __init__(self, env_file):
        with open(env_file, encoding="utf-8") as file:
            self.env = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
        self.folder = self.env["OUTBOXD_TEST_STACK_DIR"]
        self.kafka = self.env["OUTBOXD_TEST_KAFKA"]
        self.password = self.env["OUTBOXD_TEST_DB_PASSWORD"]

    @classmethod
    def shared(cls):
        return cls(os.environ.get("OUTBOXD_TEST_STACK_ENV", os.path.join(build_folder(), "stack", "stack.env")))

    @classmethod
    def own(cls, name):
        """Fresh servers that end with this process, however it ends. Stop them with down()."""
        folder = os.path.join(build_folder(), f"stack-{name}")
        subprocess.run([SCRIPT, "up", "--fresh", "--owned", folder], check=True, stdout=subprocess.DEVNULL)
        return cls(os.path.join(folder, "stack.env"))

    def control(self, verb):
        """start-X, stop-X, kill-X, pause-X or resume-X; X is mariadb, redis or kafka."""
        subprocess.run([SCRIPT, verb, self.folder], check=True)

    def set_topic(self, topic, name, value):
        """A configuration of a topic at the brokers."""
        subprocess.run([SCRIPT, "set-topic", self.folder, topic, f"{name}={value}"], check=True)

    def down(self):
        self.control("down")

    def database_settings(self, schema):
        return {"host": self.env["OUTBOXD_TEST_DB_HOST"], "port": int(self.env["OUTBOXD_TEST_DB_PORT"]), "name": schema,
                "user": self.env["OUTBOXD_TEST_DB_USER"], "password_file": self.env["OUTBOXD_TEST_DB_PASSWORD_FILE"]}

    def redis_settings(self):
        host, port = self.env["OUTBOXD_TEST_REDIS"].split(":")
        return {"host": host, "port": int(port)}


class LoneMariaDb(Stack):
    """A fresh MariaDB without the rest, whose global settings a test may change; ends with this process."""

    def __init__(self, name):
        self.folder = os.path.join(build_folder(), f"stack-{name}")
        self.control("down")
        shutil.rmtree(self.folder)
        subprocess.run([SCRIPT, "start-mariadb", "--owned", self.folder], check=True)
        password_file = os.path.join(self.folder, "db-password")
        with open(os.path.join(self.folder, "mariadb.port"), encoding="ascii") as port, \
                open(password_file, encoding="ascii") as password:
            self.password = password.read().strip()
            self.env = {"OUTBOXD_TEST_DB_HOST": "127.0.0.1", "OUTBOXD_TEST_DB_PORT": port.read().strip(),
                        "OUTBOXD_TEST_DB_USER": "outboxd", "OUTBOXD_TEST_DB_PASSWORD_FILE": password_file}


class Database:
    """One schema of its own name, through the mariadb client."""

    def __init__(self, stack):
        self.stack = stack
        self.schema = f"outboxd_{uuid.uuid4().hex[:12]}"
        self.create()

    def create(self):
        self.run(f"CREATE DATABASE `{self.schema}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", schema="")

    def drop(self):
        self.run(f"DROP DATABASE IF EXISTS `{self.schema}`", schema="")

    def client(self, schema=None, *options):
        """The command line of the mariadb client, and its environment."""
        env = self.stack.env
        command = ["mariadb", "--no-defaults", f"--host={env['OUTBOXD_TEST_DB_HOST']}", "--protocol=tcp",
                   f"--port={env['OUTBOXD_TEST_DB_PORT']}", f"--user={env['OUTBOXD_TEST_DB_USER']}",
                   "--connect-timeout=10", "--batch", "--skip-column-names", "--raw", *options,
                   self.schema if schema is None else schema]
        return [word for word in command if word], {**os.environ, "MYSQL_PWD": self.stack.password}

    def run(self, sql, schema=None):
        """The result's rows as lists of strings. NULL is the string NULL; select HEX() of bytes."""
        command, environment = self.client(schema)
        done = subprocess.run(command, env=environment, input=sql, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{sql}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def number(self, sql):
        return int(self.run(sql)[0][0])

    def numbers(self, sql):
        return [tuple(int(cell) for cell in row) for row in self.run(sql)]
