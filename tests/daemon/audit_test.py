#!/usr/bin/python3
"""outboxd audit: what an operator sees, and what a script does."""

import unittest

from support.case import DaemonTest

CONFIGURATION = 78
USERS = "INSERT INTO users (id, username, email) SELECT seq, seq, 'x@example.org' FROM seq_1_to_25;" \
        "INSERT INTO point_account (user_id, balance) SELECT seq, 0 FROM seq_1_to_25;"


class Audit(DaemonTest):
    def test_a_shop_without_a_fault_is_told_so(self):
        node = self.node().migrate()
        self.database.run(USERS)
        status, text = node.command("audit")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"^\d+ checks, no violation\n$")

    def test_a_fault_is_named_and_the_exit_status_says_so(self):
        node = self.node().migrate()
        self.database.run(USERS + "UPDATE point_account SET balance = 5 WHERE user_id = 7")
        status, text = node.command("audit")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"^points_balance: point_account 7: expected 0; found 5\n\d+ checks, 1 violation\n$")

    def test_many_faults_of_one_kind_are_counted(self):
        node = self.node().migrate()
        self.database.run(USERS + "UPDATE point_account SET balance = 5")
        status, text = node.command("audit")
        self.assertEqual(status, 1, text)
        self.assertEqual(text.count("expected 0; found 5"), 20)
        self.assertRegex(text, r"\npoints_balance: and 5 more\n\d+ checks, 25 violations\n$")

    def test_a_database_without_its_tables_says_what_to_do(self):
        status, text = self.node().command("audit")
        self.assertEqual(status, CONFIGURATION, text)
        self.assertIn("next step: outboxd migrate", text)


if __name__ == "__main__":
    unittest.main()
