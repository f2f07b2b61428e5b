"""The shop's events as docs/events.md describes them and docs/events/*.schema.json define them."""

import json
import os
import re

from jsonschema import Draft202012Validator

from .stack import ROOT

DOCUMENT = os.path.join(ROOT, "docs", "events.md")
SCHEMAS = os.path.join(ROOT, "docs", "events")


def closed(schema):
    """The same schema, which takes no field that it does not name: ours must say all that the shop writes, while the
    published ones let consumers pass over what a later release adds."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(part) for name, part in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        result["additionalProperties"] = False
    return result


def published():
    """(type, version) -> schema."""
    found = {}
    for file in sorted(os.listdir(SCHEMAS)):
        name = re.fullmatch(r"(\w+)\.v(\d+)\.schema\.json", file)
        assert name, f"docs/events/{file} is not called Type.vN.schema.json"
        with open(os.path.join(SCHEMAS, file), encoding="utf-8") as text:
            found[name[1], int(name[2])] = json.load(text)
    return found


def documented():
    """type -> the examples in docs/events.md."""
    with open(DOCUMENT, encoding="utf-8") as file:
        sections = re.split(r"^### `(\w+)`", file.read(), flags=re.MULTILINE)[1:]
    return {name: [json.loads(example) for example in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
            for name, text in zip(sections[::2], sections[1::2])}


class Checker:
    """Strict: what a schema does not name must not be there."""

    def __init__(self):
        self.validators = {key: Draft202012Validator(closed(schema)) for key, schema in published().items()}

    def mistakes(self, event_type, payload):
        version = payload.get("version")
        validator = self.validators.get((event_type, version)) if isinstance(version, int) else None
        if validator is None:
            return [f"{event_type}: no schema of version {version} in docs/events"]
        return [f"{event_type}: {error.json_path}: {error.message}" for error in validator.iter_errors(payload)]

    def mistakes_of(self, records):
        """The first of each kind, of all records of the topics."""
        found = {}
        for record in records:
            for mistake in self.mistakes(record.type, record.payload):
                found.setdefault(re.sub(r"\d+", "N", mistake), f"{mistake} in {record.payload}")
        return list(found.values())
