"""First-come coupons, and the queue for them."""

FUTURE, PAST, FAR = "2080-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"


def tell(story):
    shop, user = story.shop, story.user()

    def made(total=1, starts=PAST, ends=FAR, expect=201, **more):
        body = {"name": "c", "kind": "FIXED", "discount": 1, "total": total, "startsAt": starts, "endsAt": ends, **more}
        return shop.post("/api/v1/coupons", body, expect)

    coupon = made().headers["Location"]
    made(kind="PERCENT", discount=10, most=5)
    made(expect="invalid_request", kind="PERCENT", discount=101)
    page = shop.get("/api/v1/coupons?limit=1").json()
    shop.get(f"/api/v1/coupons?limit=1&cursor={page['nextCursor']}")
    shop.get(coupon)
    shop.get("/api/v1/coupons/999999", "coupon_not_found")

    early, late = made(starts=FUTURE).headers["Location"], made(starts=PAST, ends="2021-01-01T00:00:00Z").headers["Location"]
    winner, loser = story.user(), story.user()
    # As the programs of this project claim, and as the published load scripts do.
    ways = ((lambda of, who, expect: shop.post(of + "/claims", {"userId": who}, expect, key=None), 202),
            (lambda of, who, expect: shop.post(f"{of}?userId={who}", None, expect, key=None), 400))
    for claim, refused in ways:
        full = made().headers["Location"]
        claim(full, winner, 202)
        verdict = shop.get(f"{full}/claims/{winner}?wait=30s").json()
        story.test.assertEqual(verdict["state"], "ISSUED")
        claim(full, winner, 200)
        statuses = {claim(full, loser, "coupon_sold_out").status, claim(early, user, "coupon_not_started").status,
                    claim(late, user, "coupon_ended").status, claim(coupon, 999999, "user_not_found").status,
                    claim("/api/v1/coupons/999999", user, "coupon_not_found").status}
        story.test.assertEqual(statuses, {400} if refused == 400 else {404, 409})
    shop.get(f"{full}/claims/{loser}", "coupon_sold_out")
    shop.get(f"{coupon}/claims/{user}", "claim_not_found")
    shop.get(f"{coupon}/claims/{user}?wait=31s", "invalid_request")
    shop.get(f"{coupon}/claims/999999", "user_not_found")
    shop.get(f"/api/v1/coupons/999999/claims/{user}", "coupon_not_found")

    shop.get(f"/api/v1/users/{winner}/coupons?limit=1")
    shop.get("/api/v1/users/999999/coupons", "user_not_found")
