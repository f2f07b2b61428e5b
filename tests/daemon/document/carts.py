"""Carts."""

from .orders import coupon


def tell(story):
    shop, user, product = story.shop, story.user(), story.product(stock=5)
    path, nobody = f"/api/v1/users/{user}", "/api/v1/users/999999"
    item = f"/cart/items/{product}"
    shop.ask("PUT", path + item, {"quantity": 2}, 200, key=None)
    shop.ask("PUT", path + item, {"quantity": 0}, "invalid_request")
    shop.ask("PUT", path + "/cart/items/999999", {"quantity": 1}, "product_not_found")
    shop.ask("PUT", nobody + item, {"quantity": 1}, "user_not_found")
    shop.get(path + "/cart")
    shop.get(nobody + "/cart", "user_not_found")

    def add(expect=200, buyer=user, of=product, quantity=1, **more):
        return shop.post("/api/v1/cart", {"userId": buyer, "productId": of, "quantity": quantity}, expect, **more)

    story.test.assertEqual(add().json()["quantity"], 3)
    add(key=None)
    add("user_not_found", buyer=999999)
    add("unknown_product", of=999999)
    add("cart_quantity_too_large", quantity=10**6)

    def order(expect=201, **more):
        return shop.post(path + "/cart/order", more, expect)

    shop.post(nobody + "/cart/order", {}, "user_not_found")
    order("unknown_coupon", couponId=999999)
    order("coupon_not_usable", couponId=coupon(story, user, "INVALIDATED"))
    order()
    order("cart_empty")
    add(quantity=2)
    order("insufficient_stock")
    none = story.product(stock=0)
    shop.ask("PUT", path + item, {"quantity": 1}, 200)
    add(of=none)
    order("sold_out")
    shop.ask("DELETE", path + f"/cart/items/{none}", expect=204)
    shop.ask("DELETE", nobody + item, expect="user_not_found")
    add(of=story.product(price=10**15, stock=100), quantity=10)
    order("order_total_too_large")

    for _ in range(98):
        add(of=story.product())
    last = story.product()
    add("cart_full", of=last)
    shop.ask("PUT", path + f"/cart/items/{last}", {"quantity": 1}, "cart_full")
