"""api/openapi.yaml as a judge: every answer is held against it, and what was seen is counted."""

import http.client
import json
import re
import socket
import uuid

import jsonschema
import yaml

from .client import Answer

PROBLEM = "application/problem+json"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

formats = jsonschema.FormatChecker(formats=())
formats.checks("date-time")(lambda value: not isinstance(value, str) or bool(TIME.fullmatch(value)))
formats.checks("int64")(lambda value: not isinstance(value, int) or -2**63 <= value < 2**63)


class Operation:
    def __init__(self, document, method, path, described):
        self.name = described["operationId"]
        self.method = method
        self.path = path
        self.described = described
        self.pattern = re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                                          for part in re.split(r"(\{\w+\})", path)))
        self.own = {(int(status), code) for status, codes in described.get("x-problems", {}).items() for code in codes}
        groups = ["every"]
        if "requestBody" in described:
            groups.append("body")
        names = [document.resolve(parameter)["name"] for parameter in described.get("parameters", [])]
        if "Idempotency-Key" in names:
            groups.append("key")
        self.allowed = self.own.union(*(document.general[group] for group in groups))
        # Without a key a lost commit cannot be looked up: any change may end so.
        if method != "get":
            self.allowed |= {(503, "outcome_unknown")}

    def good_statuses(self):
        return {int(status) for status in self.described["responses"] if status != "default"}


class Document:
    def __init__(self, text):
        self.root = yaml.safe_load(text)
        self.resolver = jsonschema.RefResolver.from_schema(self.root)
        self.general = {group: {(int(status), code) for status, codes in problems.items() for code in codes}
                        for group, problems in self.root["x-problems"].items()}
        self.operations = [Operation(self, method, path, described) for path, item in self.root["paths"].items()
                           for method, described in item.items()]
        self.seen = set()  # (operation, status or code)

    def resolve(self, thing):
        while "$ref" in thing:
            thing = self.resolver.resolve(thing["$ref"])[1]
        return thing

    def find(self, method, path):
        """The operation, and whether the path was the versioned one."""
        path = path.split("?")[0]
        versioned = not path.startswith("/api/") or path.startswith("/api/v1/")
        full = path if versioned else "/api/v1/" + path.removeprefix("/api/")
        method = "get" if method == "HEAD" else method.lower()
        hits = [one for one in self.operations if one.method == method and one.pattern.fullmatch(full)]
        # A path without parameters is meant before one with.
        return (min(hits, key=lambda one: one.path.count("{")) if hits else None), versioned

    def codes(self):
        """Every code of the document."""
        own = {code for operation in self.operations for _, code in operation.own}
        return own.union(*({code for _, code in problems} for problems in self.general.values()))

    def unseen(self):
        """What the document lists and no test has met."""
        wanted = {(operation.name, status) for operation in self.operations for status in operation.good_statuses()}
        wanted |= {(operation.name, code) for operation in self.operations for _, code in operation.own}
        wanted |= {("any", code) for problems in self.general.values() for _, code in problems}
        return sorted(map(str, wanted - self.seen))

    # --- judging ---------------------------------------------------------------------------------------------------

    def judge(self, method, path, answer):
        """What is wrong with the answer, as a list of sentences."""
        operation, versioned = self.find(method, path)
        problem = answer.headers.get_content_type() == PROBLEM
        wrong = [] if answer.headers.get("X-Request-Id") else ["no X-Request-Id"]
        if operation is None or problem or answer.status >= 400:
            return wrong + self.judge_problem(operation, versioned, method, answer)
        self.seen.add((operation.name, answer.status))
        response = operation.described["responses"].get(str(answer.status))
        if response is None:
            return wrong + [f"status {answer.status} is not listed"]
        response = self.resolve(response)
        for name, header in response.get("headers", {}).items():
            wrong += self.judge_header(name, self.resolve(header), answer)
        return wrong + self.judge_body(response, method, answer)

    def judge_header(self, name, header, answer):
        value = answer.headers.get(name)
        if value is None:
            return [f"the header {name} is missing"]
        return self.against(header.get("schema", {}), value, name)

    def judge_body(self, response, method, answer):
        content = response.get("content")
        if content is None or method == "HEAD":
            return [f"a body where none is described: {answer.body[:100]!r}"] if answer.body else []
        media = answer.headers["Content-Type"]
        if media not in content:
            return [f"the content type {media} is not listed"]
        value = answer.body.decode()
        return self.against(content[media]["schema"], json.loads(value) if "json" in media else value, "body")

    def judge_problem(self, operation, versioned, method, answer):
        wrong = []
        if answer.headers.get("Content-Type") != PROBLEM:
            return [f"{answer.status} of type {answer.headers.get('Content-Type')}"]
        if (answer.status in (429, 503)) and not answer.headers.get("Retry-After", "").isdigit():
            wrong.append("no Retry-After")
        signed = operation is not None and operation.described.get("security") == []  # has a proof of its own
        if answer.status == 401 and not signed and not answer.headers.get("WWW-Authenticate"):
            wrong.append("no WWW-Authenticate")
        if method == "HEAD":
            return wrong
        body = answer.json()
        wrong += self.against({"$ref": "#/components/schemas/Problem"}, body, "problem")
        if wrong:
            return wrong
        if body["status"] != answer.status or body["message"] != body["detail"]:
            wrong.append("the members of the problem do not agree")
        code = body["code"]
        allowed = operation.allowed if operation else self.general["every"]
        good = (answer.status, code) in allowed
        if not versioned and answer.status == 400:
            good = code in {one for _, one in allowed}
        if not good:
            wrong.append(f"{answer.status} {code} is not listed for {operation.name if operation else 'this path'}")
        self.seen |= {("any", code)} | ({(operation.name, code)} if operation else set())
        return wrong

    def against(self, schema, value, what):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=formats)
        return [f"{what}{error.json_path[1:]}: {error.message}" for error in validator.iter_errors(value)]


class Watched:
    """A client of one port whose every answer is judged. `test` fails at the first that the document does not allow."""

    def __init__(self, test, document, port, headers=None):
        self.test, self.document, self.port, self.headers = test, document, port, headers or {}

    def ask(self, method, path, body=None, expect=None, key=True, headers=None):
        """`expect`: a status, or the code of a problem. `key`: the Idempotency-Key, True for a fresh one, or None."""
        fields = {**self.headers, **(headers or {})}
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        if key and method != "GET":
            fields["Idempotency-Key"] = f'"{uuid.uuid4().hex if key is True else key}"'
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        return self.judged(method, path, answer, expect)

    def get(self, path, expect=200, **more):
        return self.ask("GET", path, None, expect, **more)

    def post(self, path, body=None, expect=201, **more):
        return self.ask("POST", path, body, expect, **more)

    def send(self, data, method, path, expect):
        """Exactly these bytes, and the answer to them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw:
            raw.sendall(data)
            response = http.client.HTTPResponse(raw, method=method)
            response.begin()
            return self.judged(method, path, Answer(response.status, response.headers, response.read()), expect)

    def judged(self, method, path, answer, expect):
        wrong = self.document.judge(method, path, answer)
        self.test.assertEqual(wrong, [], f"{method} {path}: {answer}")
        if isinstance(expect, str):
            self.test.assertEqual(answer.json().get("code"), expect, f"{method} {path}: {answer}")
        elif expect is not None:
            self.test.assertEqual(answer.status, expect, f"{method} {path}: {answer}")
        return answer
