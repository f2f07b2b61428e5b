"""Paying by points, and merchants' authorizations."""


def tell(story):
    shop, user, product = story.shop, story.user(1000), story.product(price=300, stock=100)
    pay = lambda order, expect=201, payer=user: shop.post(order + "/payment", {"userId": payer}, expect)  # noqa: E731

    order = story.order(user, product)
    pay(order, "order_not_found", story.user())
    payment = pay(order).headers["Location"]
    pay(order, "wrong_order_state")
    pay("/api/v1/orders/999999", "order_not_found")
    pay(story.order(user, product, 5), "insufficient_points")
    late = story.order(user, product)
    story.database.run(f"UPDATE orders SET created_at = created_at - INTERVAL 1 DAY, "
                       f"expires_at = expires_at - INTERVAL 1 DAY WHERE id = {late.rsplit('/', 1)[1]}")
    pay(late, "order_expired")

    shop.get(payment)
    shop.get("/api/v1/payments/999999", "payment_not_found")
    wanted = {"merchant": "m", "amount": 5, "currency": "EUR", "reference": "r"}
    shop.get(shop.post("/api/v1/payments/authorizations", wanted).headers["Location"])
    shop.post("/api/v1/payments/authorizations", {**wanted, "currency": "euro"}, "invalid_request")
