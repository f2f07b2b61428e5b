"""Many threads that do the same until they are told to stop."""

import threading

from .waiting import until


class Crowd:
    """`act(member)` again and again for each member, in a thread of its own, from start() to stop(). What a member raises
    ends all of it, and is raised again in the test's thread."""

    def __init__(self, members, act):
        self.act = act
        self.stopping = threading.Event()
        self.errors = []
        self.threads = [threading.Thread(target=self.run, args=[member], daemon=True) for member in members]

    def run(self, member):
        try:
            while not self.stopping.is_set():
                self.act(member)
        except Exception as error:  # shown by the test's thread
            self.errors.append(error)
            self.stopping.set()
        finally:
            member.api.close()

    def start(self):
        for thread in self.threads:
            thread.start()

    def check(self):
        if self.errors:
            raise self.errors[0]

    def stop(self):
        """Whatever was begun is finished first."""
        self.stopping.set()
        until(lambda: not any(thread.is_alive() for thread in self.threads), "the end of the crowd", 180)
        self.check()
