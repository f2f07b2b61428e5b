"""A row that somebody holds, so that whoever wants it waits in the middle of a transaction."""

import subprocess


class HeldRow:
    """Locked from the start until release(). `select`: a SELECT of the row."""

    def __init__(self, database, select):
        command, environment = database.client(None, "--unbuffered")
        self.client = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.say(f"START TRANSACTION; {select} FOR UPDATE; SELECT 'held'", "held")

    def say(self, sql, answer):
        """Returns when the server has done it."""
        self.client.stdin.write(f"{sql};\n")
        self.client.stdin.flush()
        for line in self.client.stdout:
            if line.rstrip("\n") == answer:
                return
        raise AssertionError(f"{sql}: the client ended")

    def release(self):
        if self.client is None:
            return
        client, self.client = self.client, None
        client.stdin.close()
        client.stdout.close()
        client.wait()
