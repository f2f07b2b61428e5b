#!/usr/bin/python3
"""A node that cannot start says which setting to change and what to do next, and its exit status says whether trying
again can help (sysexits.h: 78 a person must change something, 69 a service is away, 64 the command line)."""

import os
import socket
import threading
import unittest

from support.case import DaemonTest
from support.forwarder import Forwarder
from support.node import free_port
from support.systemd import Manager
from support.waiting import until

USAGE, UNAVAILABLE, CONFIGURATION = 64, 69, 78


class Refusals(DaemonTest):
    def refused(self, node, status, *words, command="serve", **environment):
        found, text = node.command(command, **environment)
        self.assertEqual(found, status, text)
        for word in (*words, "next step:"):
            self.assertIn(word, text)
        self.assertNotIn(self.stack.password, text)
        return text

    def test_a_wrong_password(self):
        node = self.node()
        wrong = os.path.join(node.folder.name, "password")
        with open(wrong, "w", encoding="ascii") as file:
            file.write("not-the-password\n")
        node.write_config(database={"password_file": wrong})
        for command in ("serve", "migrate"):
            text = self.refused(node, CONFIGURATION, "database.password_file", "database.user", command=command)
            self.assertNotIn("not-the-password", text)

    def test_a_password_file_that_is_not_there(self):
        node = self.node(database={"password_file": "/nonexistent/password"})
        self.refused(node, CONFIGURATION, "database.password_file", "/nonexistent/password")

    def test_a_schema_that_is_not_there(self):
        node = self.node(database={"name": "outboxd_not_there"})
        self.refused(node, CONFIGURATION, "database.name", "outboxd_not_there", "CREATE DATABASE")

    def test_a_schema_without_tables(self):
        self.refused(self.node(), CONFIGURATION, "0001", "outboxd migrate", "migrate_on_start")

    def test_a_port_that_is_taken(self):
        for section in ("http", "admin"):
            with self.subTest(section), socket.create_server(("127.0.0.1", 0)) as taken:
                node = self.node(**{section: {"port": taken.getsockname()[1]}}).migrate()
                self.refused(node, CONFIGURATION, f"{section}.port", str(taken.getsockname()[1]))

    def test_settings_that_do_not_exist_or_fit_are_all_named_with_their_place(self):
        node = self.node(database={"hots": "localhost"}, relay={"lease": "3 parsecs"})
        with open(node.config, encoding="utf-8") as file:
            lines = [number for number, line in enumerate(file, 1) if "hots" in line or "parsecs" in line]
        text = self.refused(node, CONFIGURATION, "database.hots", "did you mean database.host", "relay.lease",
                            *[f"{node.config}:{number}:" for number in lines])
        self.assertEqual(self.refused(node, CONFIGURATION, command="check-config"), text)

    def test_a_variable_that_names_no_setting(self):
        self.refused(self.node(), CONFIGURATION, "OUTBOXD_DATABASE_HOTS", "did you mean OUTBOXD_DATABASE_HOST",
                     OUTBOXD_DATABASE_HOTS="localhost")

    def test_a_database_that_nobody_serves_is_tried_for_a_bounded_time(self):
        node = self.node(database={"port": free_port(), "start_timeout": "1s"})
        text = self.refused(node, UNAVAILABLE, "database.host", "database.port", "database.start_timeout")
        self.assertIn("database_unreachable", text)

    def test_a_command_that_does_not_exist(self):
        self.refused(self.node(), USAGE, "serv", "did you mean serve", command="serv")


class Waiting(DaemonTest):
    def test_a_node_waits_for_its_database_and_then_starts(self):
        self.node().migrate()
        node = self.node(database={"port": free_port()})
        manager = Manager()
        self.addCleanup(manager.close)
        node.start(**manager.environment())
        manager.wait_for("STATUS=waiting for the database")
        self.assertTrue(any(message.startswith("EXTEND_TIMEOUT_USEC=") for message in manager.received))
        server = self.stack.database_settings("")
        with Forwarder(node.settings["database"]["port"], (server["host"], server["port"])):
            manager.wait_for("READY=1")
            self.assertEqual(node.ready().terminate(), 0)

    def test_a_node_that_waits_for_its_database_can_be_stopped(self):
        node = self.node(database={"port": free_port()}).start()
        until(lambda: node.logged("database_unreachable"), "the wait")
        self.assertEqual(node.terminate(), 0)

    def test_a_node_may_migrate_at_its_start(self):
        node = self.node(migrate_on_start=True).start().ready()
        self.assertEqual(len(node.logged("migration_applied")), self.migrations())
        node.terminate()
        self.assertEqual(len(node.start().ready().logged("migration_applied")), self.migrations())

    def migrations(self):
        folder = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "sql", "migrations")
        return len([name for name in os.listdir(folder) if name.endswith(".sql")])

    def test_migrating_again_or_at_the_same_time_changes_nothing(self):
        node = self.node()
        results = []
        threads = [threading.Thread(target=lambda: results.append(node.command("migrate"))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in results], [0] * 4, results)
        texts = "".join(text for _, text in results)
        self.assertEqual(texts.count("applied "), self.migrations())
        self.assertEqual(texts.count("up to date"), 3)
        self.assertEqual(node.command("migrate"), (0, "the database is up to date\n"))


if __name__ == "__main__":
    unittest.main()
