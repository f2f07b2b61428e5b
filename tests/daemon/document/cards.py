"""Cards, refunds, and what the card gateway tells by itself."""

import base64
import hashlib
import hmac
import json
import time

from support.gateway import SECRET, Gateway

CALLBACKS = "/api/v1/payments/callbacks"


def signed(body, number):
    """The fields that Standard Webhooks wants."""
    moment = str(int(time.time()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{number}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": number, "webhook-timestamp": moment, "webhook-signature": "v1," + base64.b64encode(digest).decode()}


def tell(story):
    user, product = story.user(10**6), story.product(price=300, stock=100)
    plain = story.shop
    gateway = Gateway(plain.port, story.folder)
    story.test.addCleanup(gateway.close)
    gateway.tell(callbacks="hold")
    shop = story.client(story.node("cards", gateway=gateway.settings()))

    def pay(order, expect, client=shop, **more):
        return client.post(order + "/payment", {"userId": user, "method": "CARD", "cardToken": "tok_ok", **more}, expect)

    def refund(payment, expect=201, client=shop, **body):
        return client.post(payment + "/refunds", {"reason": "broken", **body}, expect)

    pay(story.order(user, product), "card_payments_unavailable", plain)
    gateway.next(outcome="declined")
    order = story.order(user, product)
    pay(order, "card_declined")
    payment = pay(order, 201).headers["Location"]
    gateway.next(outcome="pending")
    waiting = pay(story.order(user, product), 202).json()

    def told(payment, body, expect, number):
        data = json.dumps(body).encode()
        return shop.post(CALLBACKS, data, expect, key=None, headers=signed(data, number))

    keys = {row[0]: row[1] for row in story.database.run("SELECT id, gateway_key FROM payment WHERE gateway_key IS NOT NULL")}
    news = {"kind": "charge", "key": keys[str(waiting["paymentId"])], "amount": 300, "status": "succeeded"}
    told(payment, {**news, "amount": 299}, "amount_mismatch", "n1")
    told(payment, {**news, "key": "unknown"}, "payment_not_found", "n2")
    told(payment, {**news, "kind": "x"}, "invalid_request", "n3")
    told(payment, news, 204, "n4")
    told(payment, news, 204, "n4")
    data = json.dumps(news).encode()
    shop.post(CALLBACKS, data, "signature_invalid", key=None, headers={**signed(data, "n5"), "webhook-id": "n6"})

    gateway.next(outcome="declined")
    refund(payment, "refund_declined")
    refund(payment, "card_payments_unavailable", plain)
    refund(payment, "too_many_returned", amount=1, lines=[{"productId": product, "quantity": 99}])
    refund(payment, "refund_too_large", amount=301)
    back = refund(payment, amount=100).headers["Location"]
    gateway.next(outcome="pending")
    refund(payment, 202, amount=100)
    shop.get(back)
    shop.get("/api/v1/refunds/999999", "refund_not_found")
    shop.get(payment + "/refunds?limit=1")
    shop.get("/api/v1/payments/999999/refunds", "payment_not_found")
    refund("/api/v1/payments/999999", "payment_not_found")
    wanted = {"merchant": "m", "amount": 5, "currency": "EUR", "reference": "r"}
    refund(plain.post("/api/v1/payments/authorizations", wanted).headers["Location"], "not_refundable")

    rich = story.user(10**15)
    bought = story.order(rich, story.product(price=10**15))
    points = plain.post(bought + "/payment", {"userId": rich}).headers["Location"]
    for _ in range(9):
        plain.post(f"/api/v1/users/{rich}/points/charges", {"amount": 10**15}, 200)
    refund(points, "balance_limit_reached", plain)

    # As older clients pay: every refusal is 400.
    def paid(order, expect=201, payer=user):
        return plain.post("/api/v1/payment", {"userId": payer, "orderId": int(order.rsplit("/", 1)[1])}, expect, key=None)

    paid(order := story.order(user, product))
    paid(order, "wrong_order_state")
    paid("/999999", "order_not_found")
    poor = story.user()
    paid(story.order(poor, product), "insufficient_points", poor)
    late = story.order(user, product)
    story.database.run("UPDATE orders SET created_at = created_at - INTERVAL 1 DAY, "
                       f"expires_at = expires_at - INTERVAL 1 DAY WHERE id = {late.rsplit('/', 1)[1]}")
    paid(late, "order_expired")
