"""Products."""


def tell(story):
    shop, product = story.shop, story.product(stock=5)
    path = f"/api/v1/products/{product}"
    tag = shop.get(path).headers["ETag"]
    shop.get(path, 304, headers={"If-None-Match": tag})
    shop.get(path, 304, headers={"If-None-Match": '"x", W/' + tag})
    shop.ask("HEAD", path, expect=200)
    best = "/api/v1/products/top5"
    shop.get(best, 304, headers={"If-None-Match": shop.get(best).headers["ETag"]})
    shop.get("/api/v1/products/999999", "product_not_found")
    shop.post("/api/v1/products", {"name": "x", "price": 1, "stock": 1}, key=None)
    shop.post("/api/v1/products", {"name": "x", "price": 1.5, "stock": True}, "invalid_request")
    story.product(stock=1)
    page = shop.get("/api/v1/products?limit=1").json()
    shop.get(f"/api/v1/products?limit=1&cursor={page['nextCursor']}")
    shop.get("/api/v1/products?cursor=x", "invalid_request")
    shop.get("/api/v1/products?limt=1", "invalid_request")
    shop.get("/api/products")
