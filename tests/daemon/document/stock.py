"""Stock as those who fill the shelves see it."""


def tell(story):
    shop, product = story.shop, story.product(stock=5)
    path, none = f"/api/v1/products/{product}", "/api/v1/products/999999"
    shop.ask("PUT", path + "/stock-slots", {"slots": 16}, 200)
    shop.ask("PUT", path + "/stock-slots", {"slots": 4}, 200, key=None)
    shop.ask("PUT", path + "/stock-slots", {"slots": 65}, "invalid_request")
    shop.ask("PUT", none + "/stock-slots", {"slots": 2}, "product_not_found")

    adjustments = path + "/stock-adjustments"
    shop.post(adjustments, {"quantity": 3, "reason": "delivery"})
    shop.post(adjustments, {"quantity": -9, "reason": "lost"}, "insufficient_stock")
    shop.post(adjustments, {"quantity": -8, "reason": "lost"})
    shop.post(adjustments, {"quantity": 0, "reason": ""}, "invalid_request")
    shop.post(adjustments, {"quantity": 1, "reason": "x"}, "idempotency_key_missing", key=None)
    shop.post(none + "/stock-adjustments", {"quantity": 1, "reason": "x"}, "product_not_found")
    page = shop.get(adjustments + "?limit=2").json()
    rest = shop.get(adjustments + f"?cursor={page['nextCursor']}").json()
    quantities = [entry["quantity"] for entry in page["items"] + rest["items"]]
    story.test.assertEqual(quantities, [-8, 3, 5])
    story.test.assertEqual(shop.get(path).json()["stock"], 0)
    shop.get(none + "/stock-adjustments", "product_not_found")
