"""A test with its own schema, its own topics and nodes that end with it."""

import os
import unittest
import uuid

from .node import Node
from .stack import Database, Stack


class DaemonTest(unittest.TestCase):
    stack = None  # shared by the tests of a class
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack.shared()

    def setUp(self):
        self.database = Database(self.stack)
        self.addCleanup(self.database.drop)
        self.prefix = f"t{uuid.uuid4().hex[:8]}."

    def node(self, name="node", /, **settings):
        """A node that is not started yet."""
        node = Node(self.database, self.prefix, name, **settings)
        self.addCleanup(node.close)
        return node


def number_from(variable, default):
    return int(os.environ.get(variable, default))
