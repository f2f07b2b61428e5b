"""The one place where tests wait: until a condition holds, never for a while."""

import time


class Deadline(AssertionError):
    """What was waited for did not happen."""


def until(condition, what, seconds=60, every=0.02):
    """Calls condition() until it returns something true, and returns that.

    seconds: how long before the test fails; generous, it is no promise about speed.
    what: for the message; a callable is asked when the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= end:
            raise Deadline(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(every)


def now():
    """Seconds, for figures that are printed and for tests that keep a trouble up for a while."""
    return time.monotonic()
