"""Who may come in, and how often."""

import base64
import hashlib
import hmac
import json
import time

SECRET = b"0123456789abcdef0123456789abcdef"


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    body = {"iss": "id", "aud": "outboxd", "exp": int(time.time()) + 600, **claims}
    signed = part(b'{"alg":"HS256"}') + b"." + part(json.dumps(body).encode())
    return (signed + b"." + part(hmac.new(SECRET, signed, hashlib.sha256).digest())).decode()


def bearer(word):
    return {"Authorization": f"Bearer {word}"}


def tell(story):
    owner, other = story.user(1000), story.user()
    order = story.order(owner, story.product())
    secret = story.file("jwt-secret", SECRET)
    keys = story.file("api-keys", b"# none yet\n")
    admin = story.file("admin-token", b"the-administrators-token\n")
    node = story.node("guarded", auth={"mode": ["api_key", "jwt"], "api_keys_file": keys, "admin_token_file": admin},
                      jwt={"algorithm": "HS256", "key_file": secret, "issuer": "id", "audience": "outboxd"})
    guarded = story.client(node)

    guarded.get("/openapi.yaml")
    guarded.get("/docs")
    guarded.get("/api/v1/products", "unauthenticated")
    guarded.get("/api/v1/products", "invalid_credentials", headers=bearer("obx_unknown"))
    guarded.get("/api/v1/products", "token_expired", headers=bearer(token(sub=str(owner), exp=1)))

    ours, theirs = bearer(token(sub=str(owner))), bearer(token(sub=str(other)))
    guarded.get(order, 200, headers=ours)
    guarded.get(order, "order_not_found", headers=theirs)
    guarded.post(order + "/payment", {"userId": owner}, "user_not_found", headers=theirs)
    guarded.post(order + "/payment", {"userId": other}, "order_not_found", headers=theirs)
    number = int(order.rsplit("/", 1)[1])
    guarded.post("/api/v1/payment", {"userId": owner, "orderId": number}, "user_not_found", headers=theirs)
    guarded.post("/api/v1/products", {}, "admin_only", headers=ours)
    guarded.ask("PUT", "/api/v1/products/1/stock-slots", {}, "admin_only", headers=ours)
    guarded.post("/api/v1/products/1/stock-adjustments", {}, "admin_only", headers=ours)
    guarded.get("/api/v1/products/1/stock-adjustments", "admin_only", headers=ours)
    guarded.post(order + "/cancel", {"userId": owner}, "order_not_found", headers=theirs)
    guarded.get(f"/api/v1/users/{owner}/cart", "user_not_found", headers=theirs)
    guarded.post("/api/v1/users", {}, "service_only", headers=ours)
    guarded.post("/api/v1/coupons", {}, "admin_only", headers=ours)
    guarded.post("/api/v1/payments/1/refunds", {}, "service_only", headers=ours)
    guarded.post("/api/v1/payments/authorizations", {}, "service_only", headers=ours)
    guarded.post("/api/v1/products", {"name": "x", "price": 1, "stock": 1}, headers=bearer("the-administrators-token"))

    # A new key counts after a reload, and a removed one does no more.
    key, line = story.new_key(node, "shop", "--user", str(owner))
    guarded.get(order, "invalid_credentials", headers=bearer(key))
    story.file("api-keys", line.encode())
    story.reload(node)
    guarded.get(order, 200, headers={"X-Api-Key": key})
    guarded.get(f"/api/v1/users/{other}", "user_not_found", headers=bearer(key))
    story.file("api-keys", b"not a line\n")
    story.reload(node)
    guarded.get(order, 200, headers=bearer(key))  # a mistake changes nothing
    story.file("api-keys", b"# nobody\n")
    story.reload(node)
    guarded.get(order, "invalid_credentials", headers=bearer(key))

    limited = story.client(story.node("limited", rate_limit={"requests_per_second": 1, "burst": 2}))
    for _ in range(1000):  # a slow machine may earn a token meanwhile
        answer = limited.get("/api/v1/products", None)
        story.test.assertRegex(answer.headers["RateLimit"], r'^"client";r=\d+;t=\d+$')
        story.test.assertEqual(answer.headers["RateLimit-Policy"], '"client";q=2;w=2')
        if answer.code() == "rate_limited":
            break
    else:
        story.test.fail("never limited")
