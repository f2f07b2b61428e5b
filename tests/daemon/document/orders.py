"""Orders: placing them and looking at them."""


def coupon(story, user, state="AVAILABLE"):
    """One that the user holds, as if they had won it."""
    story.database.run("INSERT INTO coupon (name, kind, discount, total, issued, starts_at, ends_at) "
                       "VALUES ('c', 'FIXED', 10, 1, 1, '2020-01-01', '2090-01-01')")
    number = story.database.number("SELECT MAX(id) FROM coupon")
    story.database.run(f"INSERT INTO user_coupon (coupon_id, user_id, state) VALUES ({number}, {user}, '{state}')")
    return number


def tell(story):
    shop, user, product = story.shop, story.user(), story.product(stock=5)

    def order(expect=201, buyer=user, of=product, quantity=1, path="/api/v1/orders"):
        return shop.post(path, {"userId": buyer, "lines": [{"productId": of, "quantity": quantity}]}, expect)

    made = order().headers["Location"]
    tag = shop.get(made).headers["ETag"]
    shop.get(made, 304, headers={"If-None-Match": tag})
    shop.get("/api/v1/orders/999999", "order_not_found")

    order("user_not_found", buyer=999999)
    order("unknown_product", of=999999)
    order("insufficient_stock", quantity=100)
    order("sold_out", of=story.product(stock=0))
    order("order_total_too_large", of=story.product(price=10**15, stock=100), quantity=10)
    order("invalid_request", quantity=0)
    story.test.assertEqual(order("sold_out", of=story.product(stock=0), path="/api/orders").status, 400)

    def ordered_with(used, expect=201):
        body = {"userId": user, "lines": [{"productId": story.product(), "quantity": 1}], "couponId": used}
        return shop.post("/api/v1/orders", body, expect)

    held = coupon(story, user)
    reduced = ordered_with(held)
    story.test.assertEqual((reduced.json()["total"], reduced.json()["discount"]), (90, 10))
    ordered_with(held, "coupon_not_usable")
    ordered_with(999999, "unknown_coupon")

    cancel = reduced.headers["Location"] + "/cancel"
    story.test.assertEqual(shop.post(cancel, {"userId": user}, 200).json()["state"], "CANCELLED")
    shop.post(cancel, {"userId": user}, "wrong_order_state")
    shop.post("/api/v1/orders/999999/cancel", {"userId": user}, "order_not_found")
    paying = ordered_with(held)
    story.database.run(f"UPDATE orders SET state = 'PAYING' WHERE id = {paying.json()['orderId']}")
    shop.post(paying.headers["Location"] + "/cancel", {"userId": user}, 202)

    page = shop.get(f"/api/v1/users/{user}/orders?limit=1").json()
    shop.get(f"/api/v1/users/{user}/orders?limit=1&cursor={page['nextCursor']}")
    story.test.assertEqual(len(shop.get(f"/api/v1/users/{user}/orders?state=CANCELLED").json()["items"]), 1)
    shop.get(f"/api/v1/users/{user}/orders?state=NEW", "invalid_request")
    shop.get("/api/v1/users/999999/orders", "user_not_found")
