"""Orders: placing them and looking at them."""


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
