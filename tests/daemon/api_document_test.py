#!/usr/bin/python3
"""The description is true: every operation and every refusal in it is met on a real daemon, and every answer fits it."""

import contextlib
import importlib
import os
import pkgutil
import re
import signal
import socket
import subprocess
import unittest
import uuid

import document
from support.case import DaemonTest
from support.document import Document, Watched
from support.forwarder import Forwarder
from support.stack import ROOT
from support.waiting import until


def codes_of_the_manual():
    """The codes of the table in docs/api.md."""
    with open(os.path.join(ROOT, "docs", "api.md"), encoding="utf-8") as file:
        rows = [line.split("|") for line in file if re.match(r"\| [0-9]{3}", line)]
    return {code for row in rows for code in re.findall(r"`([a-z_0-9]+)`", row[2])}


class Cut(Forwarder):
    """A way to the database that ends when certain bytes pass."""

    word = None

    def at(self, word):
        self.word = word

    def pump(self, source, sink, there):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if there and self.word and self.word in data:
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Story:
    """What the chapters work with."""

    def __init__(self, test):
        self.test = test
        self.database = test.database
        self.main = test.node("main").migrate().start().ready()
        self.folder = self.main.folder.name
        self.document = Document(self.fetch("/openapi.yaml"))
        self.shop = self.client(self.main)

    def fetch(self, path):
        answer = Watched(self.test, Document("x-problems: {every: {}}\npaths: {}\n"), self.main.port)
        with contextlib.closing(socket.create_connection(("127.0.0.1", answer.port))) as raw:
            raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: raw.recv(65536), b"")).split(b"\r\n\r\n", 1)[1].decode()

    def client(self, node, headers=None):
        return Watched(self.test, self.document, node.port, headers)

    def node(self, name, **settings):
        return self.test.node(name, **settings).start().ready()

    # --- things of the shop ----------------------------------------------------------------------------------------

    def user(self, points=0):
        name = uuid.uuid4().hex
        user = self.shop.post("/api/v1/users", {"username": name, "email": "u@example.org"}).json()["userId"]
        if points:
            self.shop.post(f"/api/v1/users/{user}/points/charges", {"amount": points}, 200)
        return user

    def product(self, price=100, stock=100):
        return self.shop.post("/api/v1/products", {"name": "p", "price": price, "stock": stock}).json()["productId"]

    def order(self, user, product, quantity=1):
        """Its path."""
        lines = [{"productId": product, "quantity": quantity}]
        return self.shop.post("/api/v1/orders", {"userId": user, "lines": lines}).headers["Location"]

    # --- surroundings ----------------------------------------------------------------------------------------------

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def new_key(self, node, *arguments):
        """A new API key, and its line for the file."""
        status, text = node.command("api-key", *arguments)
        self.test.assertEqual(status, 0, text)
        return re.search(r"obx_\S+", text)[0], text.strip().splitlines()[-1].strip()

    @staticmethod
    def reload(node):
        def times():
            return len(node.logged("reloaded")) + len(node.logged("reload_refused"))

        before = times()
        node.signal(signal.SIGHUP)
        until(lambda: times() > before, "the reload")

    @staticmethod
    def connection(port):
        return contextlib.closing(socket.create_connection(("127.0.0.1", port)))

    @contextlib.contextmanager
    def locked(self, statement):
        """Another client of the database keeps the locks of this statement."""
        command, environment = self.database.client(None, "--unbuffered")
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            client.stdin.write(f"BEGIN; {statement}; SELECT 'held';\n")
            client.stdin.flush()
            while client.stdout.readline().strip() != "held":
                self.test.assertIsNone(client.poll(), "the client of the database has ended")
            yield
            client.stdin.close()

    def until_waiting(self, table, count):
        """So many statements are stuck in a change of this table."""
        until(lambda: self.database.number(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'Updating' AND time_ms > 50 "
            f"AND db = '{self.database.schema}' AND info LIKE 'UPDATE {table}%'") >= count, f"{count} waiting for {table}")

    @contextlib.contextmanager
    def severed(self):
        """A client of a node whose way to the database can be cut."""
        settings = self.database.stack.database_settings(self.database.schema)
        with Cut(0, (settings["host"], settings["port"])) as cut:
            node = self.node("severed", roles=["api"], database={"host": "127.0.0.1", "port": cut.port})
            yield self.client(node), cut


class ApiDocument(DaemonTest):
    def test_every_operation_and_every_refusal_is_as_described(self):
        story = Story(self)
        for chapter in sorted(module.name for module in pkgutil.iter_modules(document.__path__)):
            importlib.import_module(f"document.{chapter}").tell(story)
        self.assertEqual(story.document.unseen(), [], "the document lists what no chapter has met")

    def test_the_manual_and_the_document_list_the_same_codes(self):
        with open(os.path.join(ROOT, "api", "openapi.yaml"), encoding="utf-8") as file:
            described = Document(file.read())
        self.assertEqual(sorted(described.codes() ^ codes_of_the_manual()), [])


if __name__ == "__main__":
    unittest.main()
