"""HTTP clients as a careful user writes them: keep-alive, one Idempotency-Key for all tries of a request."""

import http.client
import json
import threading
import uuid
from collections import Counter

from .waiting import until


class ConnectionLost(Exception):
    """No answer: it may or may not have been done."""


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def code(self):
        return self.json()["code"] if self.headers.get_content_type() == "application/problem+json" else None

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


class Client:
    """One connection at a time, for one thread."""

    def __init__(self, port):
        self.port = port
        self.headers = {}  # sent with every request
        self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def send(self, method, path, body=None, key=None):
        """One try. Throws ConnectionLost."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        if key is not None:
            headers["Idempotency-Key"] = f'"{key}"'
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ConnectionLost(repr(error)) from error

    def made(self, path, body):
        """What a POST with a key of its own made."""
        answer = self.send("POST", path, body, uuid.uuid4().hex)
        assert answer.status in (200, 201), f"POST {path}: {answer}"
        return answer.json()


class Api:
    """Any of several nodes, and as many tries as it takes. For one thread; `tally` is shared."""

    def __init__(self, ports, tally):
        self.clients = [Client(port) for port in ports]
        self.at = 0
        self.tally = tally

    def close(self):
        for client in self.clients:
            client.close()

    def attempt(self, method, path, body, key):
        try:
            answer = self.clients[self.at].send(method, path, body, key)
        except ConnectionLost:
            self.tally.add("connection lost")
            self.at = (self.at + 1) % len(self.clients)
            return None
        code = answer.code() if answer.status >= 400 else None
        if answer.status == 503 or code == "request_in_progress":
            self.tally.add(f"{answer.status} {code}")
            self.tally.later(answer)
            return None
        return answer

    def call(self, method, path, body=None):
        key = uuid.uuid4().hex if method == "POST" else None
        return until(lambda: self.attempt(method, path, body, key), f"an answer to {method} {path}", 120, every=0.03)


class Tally:
    """What the clients met besides answers. Thread-safe."""

    def __init__(self):
        self.mutex = threading.Lock()
        self.troubles = Counter()
        self.without_retry_after = []

    def add(self, trouble):
        with self.mutex:
            self.troubles[trouble] += 1

    def later(self, answer):
        """An answer that asks the client to come again says when."""
        if not answer.headers.get("Retry-After", "").isdigit():
            with self.mutex:
                self.without_retry_after.append(answer)
