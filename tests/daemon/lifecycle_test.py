#!/usr/bin/python3
"""A running node: it drains when told to stop, reloads, speaks with systemd, keeps its secrets, and stays small."""

import signal
import socket
import subprocess
import threading
import unittest
import uuid

from support.audit import audit_shop, audit_topics, drained
from support.case import DaemonTest
from support.client import Client
from support.node import sanitized
from support.shoppers import Load
from support.systemd import Manager
from support.waiting import now, until

HELD_LANES = "SELECT COUNT(*) FROM shedlock WHERE name LIKE 'outbox-lane-%' AND lock_until > UTC_TIMESTAMP(3)"
# Not information_schema.innodb_trx: its rows are a copy that is only renewed when nobody has looked for 100 ms, so
# whoever polls it faster sees the first look for ever.
LOCK_WAITS = """SELECT variable_value FROM information_schema.global_status
                WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'"""


class RowLock:
    """Holds a row of the database from the beginning of the `with` block until release()."""

    def __init__(self, database, statement):
        command, environment = database.client(None, "--unbuffered")
        self.session = subprocess.Popen(command, env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.statement = statement

    def __enter__(self):
        self.session.stdin.write(f"START TRANSACTION; {self.statement} FOR UPDATE;\n")
        self.session.stdin.flush()
        assert self.session.stdout.readline(), "the row is not there"
        return self

    def release(self):
        if not self.session.stdin.closed:
            self.session.communicate("ROLLBACK;\n")

    def __exit__(self, *_):
        self.release()


class Stopping(DaemonTest):
    def test_a_request_in_flight_is_finished_and_the_lanes_are_released(self):
        node = self.node().migrate().start().ready()
        until(lambda: node.lanes() == 16, "the lanes")
        client = Client(node.port)
        self.addCleanup(client.close)
        user = client.send("POST", "/api/v1/users", {"username": "a", "email": "a@example.org"}).json()["userId"]
        answers = []

        def charge():
            answers.append(client.send("POST", f"/api/v1/users/{user}/points/charges", {"amount": 5}, uuid.uuid4().hex))

        with RowLock(self.database, f"SELECT user_id FROM point_account WHERE user_id = {user}") as lock:
            thread = threading.Thread(target=charge)
            thread.start()
            until(lambda: self.database.number(LOCK_WAITS) > 0, "the request waits for the row")
            node.signal(signal.SIGTERM)
            until(lambda: node.logged("draining"), "the draining")
            until(lambda: self.refuses_connections(node.port), "no new connections")
            self.assertEqual(answers, [])
            lock.release()
            thread.join()
        self.assertEqual((answers[0].status, answers[0].json()["balance"]), (200, 5))
        self.assertEqual(node.process.wait(60), 0)
        self.assertEqual(self.database.number(HELD_LANES), 0)
        self.assertEqual(self.database.number(f"SELECT balance FROM point_account WHERE user_id = {user}"), 5)

    @staticmethod
    def refuses_connections(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return False
        except (ConnectionRefusedError, ConnectionResetError):  # reset: the socket was closed behind the handshake
            return True

    def test_a_stop_under_load_marks_all_that_was_sent(self):
        node = self.node().migrate().start().ready()
        load = Load([node.port], customers=8)
        load.wait_for(50)
        self.assertEqual(node.terminate(), 0)
        self.assertEqual(self.database.number(HELD_LANES), 0)
        self.assertEqual(node.logged("shutdown_timeout") + node.logged("relay_drain_deadline"), [])
        node.start().ready()
        load.stop()
        drained(self.database)
        audit_shop(self, self.database, load)
        self.assertEqual(audit_topics(self, self.database, self.prefix, load)[1], 0, "duplicates")

    def test_an_interrupt_stops_it_as_well(self):
        node = self.node().migrate().start().ready()
        node.signal(signal.SIGINT)
        self.assertEqual(node.process.wait(60), 0)
        self.assertEqual(len(node.logged("stopped")), 1)


class Systemd(DaemonTest):
    def setUp(self):
        super().setUp()
        self.manager = Manager()
        self.addCleanup(self.manager.close)

    def test_it_reports_each_step_of_its_life(self):
        began = now()
        node = self.node().migrate().start(**self.manager.environment(watchdog_seconds=2))
        ready = self.manager.wait_for("READY=1")
        self.assertEqual(node.readyz()[0], 200, "READY=1 came before it was true")
        print(f"\nready {now() - began:.2f} s after exec, migration included", flush=True)
        for part in (f"127.0.0.1:{node.port}", f"127.0.0.1:{node.admin_port}", "api"):
            self.assertIn(part, ready["STATUS"])
        for _ in range(3):
            self.manager.wait_for("WATCHDOG=1")
        node.signal(signal.SIGHUP)
        self.assertTrue(self.manager.wait_for("RELOADING=1")["MONOTONIC_USEC"].isdigit())
        self.manager.wait_for("READY=1")
        node.signal(signal.SIGTERM)
        self.assertIn("STATUS", self.manager.wait_for("STOPPING=1"))
        self.assertEqual(node.process.wait(60), 0)

    def test_the_watchdog_is_not_fed_for_another_process(self):
        environment = {**self.manager.environment(watchdog_seconds=2), "WATCHDOG_PID": "1"}
        node = self.node().migrate().start(**environment)
        self.manager.wait_for("READY=1")
        node.signal(signal.SIGTERM)
        self.manager.wait_for("STOPPING=1")
        self.assertNotIn("WATCHDOG=1", self.manager.received)

    def test_it_stops_when_the_manager_has_gone(self):
        node = self.node().migrate().start(**self.manager.environment())
        self.manager.wait_for("READY=1")
        self.manager.socket.close()
        self.assertEqual(node.terminate(), 0)
        self.assertEqual(len(node.logged("notify_failed")), 1)


class Reload(DaemonTest):
    def test_the_log_level_changes_and_what_needs_a_restart_is_named(self):
        node = self.node().migrate().start().ready()
        self.assertEqual(self.access_lines(node), [])
        node.write_config(log={"level": "debug"}, kafka={"partitions": 3})
        node.signal(signal.SIGHUP)
        until(lambda: node.logged("reloaded"), "the reload")
        self.assertEqual([line["setting"] for line in node.logged("setting_changed")], ["log.level"])
        self.assertEqual([line["setting"] for line in node.logged("setting_needs_restart")], ["kafka.partitions"])
        until(lambda: self.access_lines(node), "lines of level debug")

    @staticmethod
    def access_lines(node):
        node.readyz()
        return [line for line in node.log().splitlines() if '"debug"' in line]

    def test_a_file_with_mistakes_changes_nothing(self):
        node = self.node().migrate().start().ready()
        node.write_config(log={"level": "verbose"}, shutdown={"timeout": "5s"})
        node.signal(signal.SIGHUP)
        until(lambda: node.logged("reload_refused"), "the refusal")
        self.assertIn("log.level", str(node.logged("configuration_mistake")))
        self.assertEqual(node.logged("setting_changed"), [])
        self.assertEqual(node.readyz()[0], 200)


class Manners(DaemonTest):
    def test_the_password_is_never_printed(self):
        node = self.node(log={"level": "debug"}).migrate()
        status, shown = node.command("check-config", "--show")
        self.assertEqual(status, 0, shown)
        node.start().ready()
        Load([node.port], customers=2).stop()
        self.assertEqual(node.terminate(), 0)
        printed = shown + node.log()
        self.assertIn("password_file", shown)
        self.assertIn('"debug"', printed)
        self.assertNotIn(self.stack.password, printed)

    @unittest.skipIf(sanitized(), "sanitizers need more memory")
    def test_a_node_at_rest_needs_less_than_40_megabytes(self):
        node = self.node().migrate()
        began = now()
        node.start().ready()
        spent = now() - began
        until(lambda: node.lanes() == 16, "the lanes")
        at_rest = node.resident_bytes()
        load = Load([node.port], customers=16)
        load.wait_for(200)
        load.stop()
        print(f"\nready {spent:.2f} s after exec; resident {at_rest / 2**20:.1f} MB at rest, "
              f"{node.resident_bytes() / 2**20:.1f} MB after {load.paid()} orders of 16 clients", flush=True)
        self.assertLess(at_rest, 40 * 10**6)


if __name__ == "__main__":
    unittest.main()
