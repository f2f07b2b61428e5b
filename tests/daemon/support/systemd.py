"""The other end of sd_notify: a datagram socket as systemd holds it."""

import os
import socket
import tempfile


class Manager:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="outboxd-notify-")
        self.path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.received = []

    def close(self):
        self.socket.close()
        self.folder.cleanup()

    def environment(self, watchdog_seconds=None):
        limit = {} if watchdog_seconds is None else {"WATCHDOG_USEC": str(watchdog_seconds * 1_000_000)}
        return {"NOTIFY_SOCKET": self.path, **limit}

    def wait_for(self, assignment, seconds=60):
        """The next message that has this line, as a dict; earlier ones are passed over."""
        self.socket.settimeout(seconds)
        while True:
            message = self.socket.recv(65536).decode()
            self.received.append(message)
            lines = message.split("\n")
            if assignment in lines:
                return dict(line.split("=", 1) for line in lines)
