"""A TCP port that leads to another one, opened when the test says so."""

import contextlib
import socket
import threading


class Forwarder:
    """Listens from the beginning of the `with` block to its end. Port 0: a free one, which `port` names then."""

    def __init__(self, port, target):
        self.port = port
        self.target = target
        self.ends = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends every connection and takes no more; once more does no harm."""
        for end in [self.listener, *self.ends]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                far = socket.create_connection(self.target)
                self.ends += [near, far]
                for way in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self.pump, args=way, daemon=True).start()

    def pump(self, source, sink, there):
        """One direction of one connection; `there`: from the client to the target."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
