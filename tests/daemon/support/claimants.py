"""A crowd that claims one coupon, each of them more than once, at several nodes: plain sockets, in processes of its own,
since one interpreter is slower than a node."""

import itertools
import json
import multiprocessing
import socket
import threading

from .waiting import now, until

PROCESSES = 2
THREADS = 16  # of each process


class RawClient:
    """One keep-alive connection."""

    def __init__(self, port):
        self.port = port
        self.socket = None
        self.rest = b""

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self.rest = b""

    def ask(self, request):
        """Status and body. Throws OSError."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(request)
            data = self.rest
            while b"\r\n\r\n" not in data:
                data += self.more()
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.split(b"\r\n")
            length = next(int(line[15:]) for line in lines if line[:15].lower() == b"content-length:")
            while len(data) < length:
                data += self.more()
            self.rest = data[length:]
            return int(lines[0][9:12]), data[:length]
        except OSError:
            self.close()
            raise

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed by the node")
        return data


def claim_request(coupon, user):
    body = b'{"userId":%d}' % user
    return (b"POST /api/v1/coupons/%d/claims HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s") % (coupon, len(body), body)


def verdict_request(coupon, user):
    return b"GET /api/v1/coupons/%d/claims/%d HTTP/1.1\r\nHost: test\r\n\r\n" % (coupon, user)


class Crowd(threading.Thread):
    """Some of the users; what each was told is in `answers` as (user, answer)."""

    def __init__(self, ports, work, request, at):
        super().__init__(daemon=True)
        self.clients = [RawClient(port) for port in ports[at % len(ports):] + ports[:at % len(ports)]]
        self.work, self.request = work, request
        self.answers, self.again, self.error = [], 0, None

    def run(self):
        try:
            for user in self.work:
                self.answers.append((user, self.persist(user)))
        except Exception as error:  # shown by the parent
            self.error = repr(error)
        finally:
            for client in self.clients:
                client.close()

    def persist(self, user):
        """As often as it takes, at one node and then the other."""
        turns = itertools.cycle(self.clients)

        def attempt():
            try:
                status, body = next(turns).ask(self.request(user))
            except OSError:
                status, body = 503, b""
            if status == 503:
                self.again += 1
                return None
            answer = json.loads(body)
            return answer["state"] if status in (200, 202) else answer["code"]
        return until(attempt, f"an answer to user {user}", 120, every=0.01)


def one_process(ports, coupon, users, times, pipe):
    makers = {"claim": claim_request, "verdict": verdict_request}
    kind = "claim" if times > 0 else "verdict"
    work = [user for user in users for _ in range(max(1, times))]
    # Neighbours in `work` are one user, so that its claims meet each other.
    crowds = [Crowd(ports, work[at::THREADS], lambda user: makers[kind](coupon, user), at) for at in range(THREADS)]
    for crowd in crowds:
        crowd.start()
    for crowd in crowds:
        crowd.join()
    pipe.send(([answer for crowd in crowds for answer in crowd.answers], sum(crowd.again for crowd in crowds),
               [crowd.error for crowd in crowds if crowd.error]))


class Run:
    """Everybody at once: claims `times` times each, or, with 0, reads the verdict once."""

    def __init__(self, ports, coupon, users, times):
        context = multiprocessing.get_context("fork")
        self.pipes, self.processes = [], []
        self.began = now()
        for at in range(PROCESSES):
            mine, theirs = context.Pipe(duplex=False)
            process = context.Process(target=one_process, args=(ports, coupon, users[at::PROCESSES], times, theirs),
                                      daemon=True)
            process.start()
            self.pipes.append(mine)
            self.processes.append(process)

    def answers(self):
        """(user, answer) of all; an answer is the claim's state or the refusal's code."""
        found, self.again = [], 0
        for pipe, process in zip(self.pipes, self.processes):
            answers, again, errors = pipe.recv()
            process.join()
            assert not errors, errors[:3]
            found += answers
            self.again += again
        self.seconds = now() - self.began
        return found
