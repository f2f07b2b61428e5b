"""The database is locked, busy, silent, gone, or gone in the middle of a commit; and what it holds makes no sense."""

import threading


def tell(story):
    user = story.user(100)
    path = f"/api/v1/users/{user}"
    charge = path + "/points/charges"

    small = story.client(story.node("small", database={"pool_size": 2, "max_waiting": 1, "acquire_timeout": "100ms"}))
    hasty = story.client(story.node("hasty", database={"statement_timeout": "200ms"}))

    def waits(client, key=True):
        """A request that waits for the lock, until it gives up."""
        thread = threading.Thread(target=client.post, args=[charge, {"amount": 1}, "contention"], kwargs={"key": key})
        thread.start()
        return thread

    with story.locked(f"SELECT * FROM point_account WHERE user_id = {user} FOR UPDATE"):
        # All sessions of the pool wait for the lock; who comes now is told so while they still wait.
        held = [waits(small), waits(small)]
        story.until_waiting("point_account", 2)
        small.get(path, "overloaded")
        story.test.assertEqual([thread.is_alive() for thread in held], [True, True])

        # While one request works with a key, another one with it is told to come again.
        held.append(waits(story.shop, "busy"))
        story.until_waiting("point_account", 3)
        story.shop.post(charge, {"amount": 1}, "request_in_progress", key="busy")
        hasty.post(charge, {"amount": 1}, "timeout")
        for thread in held:
            thread.join()

    with story.severed() as (client, cut):
        client.get(path)
        cut.at(b"COMMIT")
        client.post("/api/v1/users", {"username": "lost", "email": "l@example.org"}, "outcome_unknown", key=None)
        cut.close()
        client.get(path, "database_unavailable")

    story.database.run("RENAME TABLE point_account TO hidden")
    story.shop.get(path + "/points", "internal")
    story.database.run("RENAME TABLE hidden TO point_account")
