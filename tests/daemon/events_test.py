#!/usr/bin/python3
"""The schemas of the events say what the document says, and refuse everything else."""

import copy
import unittest

from jsonschema import Draft202012Validator

from support.events import Checker, documented, published


def places(value, path=()):
    """The path of everything in a payload, but of the payload itself."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, child in children:
        yield path + (at,)
        yield from places(child, path + (at,))


def changed(payload, path, change):
    result = copy.deepcopy(payload)
    inner = result
    for at in path[:-1]:
        inner = inner[at]
    change(inner, path[-1])
    return result


class Schemas(unittest.TestCase):
    def setUp(self):
        self.checker = Checker()
        self.examples = [(name, example) for name, examples in documented().items() for example in examples]

    def test_each_type_of_the_document_has_a_schema_and_an_example_and_the_other_way_round(self):
        self.assertEqual({name for name, _ in published()}, set(documented()))
        self.assertEqual({name for name, _ in self.examples}, set(documented()))

    def test_the_schemas_are_schemas_and_know_their_type(self):
        for (name, version), schema in published().items():
            with self.subTest(name):
                Draft202012Validator.check_schema(schema)
                self.assertEqual(schema["$id"], f"urn:outboxd:event:{name}:{version}")
                self.assertEqual(schema["properties"]["version"], {"const": version})
                self.assertNotIn('"additionalProperties"', str(schema), "consumers pass over what they do not know")

    def test_the_examples_are_valid(self):
        for name, example in self.examples:
            self.assertEqual(self.checker.mistakes(name, example), [], name)

    def test_what_is_unknown_or_of_a_wrong_type_is_refused(self):
        for name, example in self.examples:
            self.assertNotEqual(self.checker.mistakes(name, {**example, "surprise": 1}), [], name)
            for path in places(example):
                wrong = changed(example, path, lambda inner, at: inner.__setitem__(at, {"surprise": 1}))
                self.assertNotEqual(self.checker.mistakes(name, wrong), [], f"{name} with a wrong {path}")

    def test_what_must_be_there_is_missed(self):
        for name, example in self.examples:
            schema = published()[name, example["version"]]
            for field in schema["required"]:
                short = {key: value for key, value in example.items() if key != field}
                self.assertNotEqual(self.checker.mistakes(name, short), [], f"{name} without {field}")
            self.assertIn("version", schema["required"], name)


if __name__ == "__main__":
    unittest.main()
