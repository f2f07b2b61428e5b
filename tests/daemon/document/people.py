"""Users and their points."""


def tell(story):
    shop, user = story.shop, story.user(1000)
    path = f"/api/v1/users/{user}"
    shop.get(path)
    shop.get("/api/v1/users/999999", "user_not_found")
    shop.get("/api/v1/users/0", "invalid_request")
    shop.post("/api/v1/users", {"username": "taken", "email": "t@example.org", "phoneNumber": "1"}, key=None)
    shop.post("/api/v1/users", {"username": "taken", "email": "t@example.org"}, "username_taken")
    shop.post("/api/v1/users", {"username": "", "email": "t"}, "invalid_request")

    shop.get(path + "/points")
    shop.get("/api/v1/users/999999/points", "user_not_found")
    shop.post(path + "/points/charges", {"amount": 1}, 200)
    shop.get(path + "/points/history?limit=1")
    shop.get(path + "/points/history?limit=0", "invalid_request")
    shop.get("/api/v1/users/999999/points/history", "user_not_found")

    charges = path + "/points/charges"
    shop.post(charges, {"amount": 1}, "idempotency_key_missing", key=None)
    shop.post(charges, {"amount": 1}, "idempotency_key_invalid", key="x" * 300)
    shop.post(charges, {"amount": 2}, 200, key="same")
    again = shop.post(charges, {"amount": 2}, 200, key="same")
    story.test.assertEqual(again.headers["Idempotent-Replayed"], "true")
    shop.post(charges, {"amount": 3}, "idempotency_key_reused", key="same")
    shop.post(charges, b"{", "malformed_json")
    shop.post(charges, b"{}", "unsupported_media_type", headers={"Content-Type": "text/plain"})
    shop.post(charges, {"amount": 0, "more": 1}, "invalid_request")
    shop.post("/api/v1/users/999999/points/charges", {"amount": 1}, "user_not_found")
    for _ in range(8):
        shop.post(charges, {"amount": 10**15}, 200)
    shop.post(charges, {"amount": 10**15}, "balance_limit_reached")
