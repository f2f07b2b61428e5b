"""Clocks that are wrong: libfaketime between a node and the calendar. Only the calendar is moved; what the node measures
intervals by is the machine's, as on a server whose date was set."""

import glob

LIBRARY = (glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") or [None])[0]  # package faketime


def moved(offset):
    """Surroundings of a process whose clock shows another time from the start on: "+1h"."""
    return {"LD_PRELOAD": LIBRARY, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Movable:
    """A clock that is moved while a process runs. `file`: where the offset is written."""

    def __init__(self, file):
        self.file = file
        self.move("+0")
        self.surroundings = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
                             "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def move(self, offset):
        with open(self.file, "w", encoding="ascii") as file:
            file.write(offset + "\n")
