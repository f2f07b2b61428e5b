"""Services in another language: they insert into outbox_event in transactions of their own."""

import random
import uuid

from .crowd import Crowd
from .waiting import until

TABLE = "CREATE TABLE IF NOT EXISTS ledger (k VARCHAR(64) PRIMARY KEY, balance BIGINT NOT NULL)"


def event(key, kind="ledger", payload="'{}'"):
    """SQL that inserts one event."""
    return (f"INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload) "
            f"VALUES (UNHEX('{uuid.uuid4().hex}'), '{kind}', '{key}', 'Changed', {payload});")


class Writer:
    """One thread with one mariadb client at a time. Each transaction locks the rows that its events' keys name, and
    inserts while it has them, as docs/events.md asks; some are rolled back, some lose their connection."""

    def __init__(self, database, keys, seed):
        self.database = database
        self.keys = keys
        self.random = random.Random(seed)
        self.broken = 0
        self.api = self  # what the crowd closes at the end

    def close(self):
        """Each client of the database ends by itself."""

    def transaction(self):
        keys = sorted(self.random.sample(self.keys, self.random.randint(1, 3)))
        sql = "START TRANSACTION;" + "".join(
            f"UPDATE ledger SET balance = balance + 1 WHERE k = '{key}';" + event(key) for key in keys)
        return sql + ("ROLLBACK;" if self.random.random() < 0.1 else "COMMIT;")

    def write(self):
        """Some transactions through one connection; a database that goes away costs what was not committed."""
        try:
            self.database.run("".join(self.transaction() for _ in range(20)))
        except AssertionError:
            self.broken += 1
            until(self.answers, "the database", 120, every=0.1)

    def answers(self):
        try:
            return self.database.run("SELECT 1")
        except AssertionError:
            return False


class Writers(Crowd):
    """`count` threads that write until stop()."""

    def __init__(self, database, count=2, keys=40, seed=1):
        names = [f"key-{number}" for number in range(keys)]
        database.run(TABLE + ";" + "".join(f"INSERT IGNORE INTO ledger VALUES ('{name}', 0);" for name in names))
        self.writers = [Writer(database, names, seed * 100 + at) for at in range(count)]
        super().__init__(self.writers, Writer.write)
        self.start()
