"""The best sellers."""

from support.waiting import until

PATH = "/api/v1/products/top5"


def tell(story):
    shop, user, product = story.shop, story.user(points=1000), story.product(price=100)
    order = story.order(user, product)
    shop.post(f"{order}/payment", {"userId": user})
    until(lambda: shop.get(PATH).json()["items"], "a best seller")
    # Between two looks the time of the answer may have moved on.
    until(lambda: shop.get(PATH, None, headers={"If-None-Match": shop.get(PATH).headers["ETag"]}).status == 304, "a 304")
    shop.get("/api/products/top5")
    shop.ask("HEAD", PATH, expect=200)
    shop.get(PATH + "?limit=5", "invalid_request")
