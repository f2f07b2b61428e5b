"""The books of the customers, the database and the topics must all say the same."""

from collections import Counter

from .shoppers import STOCK
from .topics import order_violations, read_topics
from .waiting import until

KINDS = ("order", "point_account")


def drained(database, seconds=120):
    """Waits until every event was acknowledged by the broker."""
    def left():
        return database.number("SELECT COUNT(*) FROM outbox_queue")
    until(lambda: left() == 0, lambda: f"an empty outbox_queue; rows: {left()}", seconds, every=0.1)


def audit_shop(test, database, load):
    """The database agrees with itself, and holds what was answered with 2xx, all of it and nothing else."""
    status, text = test.node("auditor").command("audit")
    test.assertEqual(status, 0, text)
    placed, paid = load.total(lambda customer: customer.placed), load.total(lambda customer: customer.paid)

    orders = {order: (total, state) for order, total, state in
              ((int(row[0]), int(row[1]), row[2]) for row in database.run("SELECT id, total, state FROM orders"))}
    expected = {order: (total, "COMPLETE" if order in paid else "WAITING") for order, total in placed.items()}
    test.assertEqual(orders, expected, "orders")

    payments = {int(row[0]): (int(row[1]), int(row[2]), row[3]) for row in
                database.run("SELECT order_id, id, amount, state FROM payment")}
    test.assertEqual(payments, {order: (payment, placed[order], "SUCCEEDED") for order, payment in paid.items()},
                     "payments")
    test.assertEqual(database.number("SELECT COUNT(*) FROM payment"), len(paid), "payments per order")

    taken = load.total(lambda customer: customer.taken)
    test.assertEqual(dict(database.numbers("SELECT product_id, SUM(quantity) FROM stock_slot GROUP BY product_id")),
                     {product: STOCK - taken[product] for product in load.products}, "stock")

    balances = {customer.user: customer.balance for customer in load.customers}
    test.assertEqual(dict(database.numbers("SELECT user_id, balance FROM point_account")), balances, "balances")
    charges = [(customer.user, amount) for customer in load.customers for amount in customer.charges]
    test.assertEqual(Counter(database.numbers("SELECT user_id, amount FROM point_history WHERE kind = 'CHARGE'")),
                     Counter(charges), "charges")
    running = Counter()
    for user, amount, after in database.numbers("SELECT user_id, amount, balance_after FROM point_history ORDER BY id"):
        running[user] += amount
        test.assertEqual(after, running[user], f"history of user {user}")
    test.assertEqual({user: running[user] for user in balances}, balances, "sums of the histories")


def audit_topics(test, database, prefix, load):
    """Every event is in its topic, in order. Returns how many records there are, and how many are duplicates."""
    test.assertEqual(database.run("SELECT id, state, error FROM outbox_held"), [], "held events")
    test.assertEqual(database.number("SELECT COUNT(*) FROM outbox_queue"), 0, "queued events")
    records = read_topics(database.stack, prefix, KINDS)
    test.assertEqual(order_violations(records), [])

    read = {record.event: (record.sequence, record.topic, record.key, record.type) for record in records}
    committed = {row[1]: (int(row[0]), prefix + row[2], row[3], row[4]) for row in database.run(
        "SELECT id, HEX(event_id), aggregate_type, order_key, type FROM outbox_event")}
    test.assertEqual(read, committed, "events read and events committed")

    by_type = {kind: {} for kind in ("OrderPlaced", "PaymentCompleted", "PointsCharged")}
    for record in records:
        by_type[record.type][record.event] = record.payload
    placed, paid = load.total(lambda customer: customer.placed), load.total(lambda customer: customer.paid)
    test.assertEqual(Counter((event["orderId"], event["total"]) for event in by_type["OrderPlaced"].values()),
                     Counter(placed.items()), "OrderPlaced")
    test.assertEqual(Counter((event["orderId"], event["paymentId"]) for event in by_type["PaymentCompleted"].values()),
                     Counter(paid.items()), "PaymentCompleted")
    test.assertEqual(Counter((event["userId"], event["amount"]) for event in by_type["PointsCharged"].values()),
                     Counter((customer.user, amount) for customer in load.customers for amount in customer.charges),
                     "PointsCharged")
    return len(records), len(records) - len(read)
