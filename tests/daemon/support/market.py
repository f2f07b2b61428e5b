"""A crowd in one shop: every thread acts for any of a few users, on orders that others place, pay, cancel and give back
at the same time. Each keeps books of what it was told; added up, the shop must agree with them."""

import random
import threading
from collections import Counter, deque

from .client import Api, Tally
from .crowd import Crowd

LONG_AGO = 2000
RECENT = 40  # of orders and payments, from which threads choose: the fewer, the more threads meet
TOKENS = ("tok_ok",) * 16 + ("tok_declined",) * 2 + ("tok_silent", "tok_pending")

# What each may be refused with; anything else is a defect.
REFUSALS = {
    "charge": set(),
    "authorize": set(),
    "place": {"sold_out", "insufficient_stock", "unknown_coupon", "coupon_not_usable"},
    "claim": {"coupon_sold_out"},
    "pay by points": {"insufficient_points", "wrong_order_state", "order_expired"},
    "pay by card": {"card_declined", "wrong_order_state", "order_expired"},
    "cancel": {"wrong_order_state"},
    "refund": {"not_refundable", "refund_too_large", "too_many_returned", "refund_declined"},
}


class Shared:
    """What the threads know of each other's doings. Thread-safe."""

    def __init__(self, users, products, coupons):
        self.users, self.products, self.coupons = users, products, coupons
        self.mutex = threading.Lock()
        self.orders = deque(maxlen=RECENT)  # (order, user, lines)
        self.old = deque(maxlen=LONG_AGO)  # the same, much longer: most of them are over
        self.payments = deque(maxlen=RECENT)  # payments as they were answered, with the lines of their orders

    def add(self, where, thing):
        with self.mutex:
            where.append(thing)

    def any_of(self, where, chance):
        with self.mutex:
            return chance.choice(where) if where else None


class Shopper:
    """For one thread."""

    def __init__(self, api, shared, seed):
        self.api, self.shared = api, shared
        self.chance = random.Random(seed)
        self.points = Counter()  # user -> what the account gained
        self.told = {}  # ("order" or "payment", id) -> the last final state that an answer named
        self.claims = set()  # (coupon, user)
        self.done = Counter()  # (action, outcome) -> times
        self.actions = [(self.place, 30), (self.pay_by_points, 20), (self.pay_by_card, 25), (self.cancel, 8),
                        (self.refund, 12), (self.charge, 6), (self.claim, 6), (self.authorize, 2)]

    def act(self):
        actions, weights = zip(*self.actions)
        self.chance.choices(actions, weights)[0]()

    def post(self, action, path, body):
        """The answer's body if it is a success, else None."""
        answer = self.api.call("POST", path, body)
        if answer.status < 300:
            self.done[action, str(answer.status)] += 1
            return answer.json()
        assert answer.code() in REFUSALS[action], f"{action}: POST {path} {body}: {answer}"
        self.done[action, answer.code()] += 1
        return None

    def user(self):
        return self.chance.choice(self.shared.users)

    # --- what people do ------------------------------------------------------------------------------------------

    def charge(self):
        user, amount = self.user(), self.chance.randint(1, 5000)
        self.post("charge", f"/api/v1/users/{user}/points/charges", {"amount": amount})
        self.points[user] += amount

    def authorize(self):
        self.post("authorize", "/api/v1/payments/authorizations",
                  {"merchant": "shop-7", "amount": 4200, "currency": "EUR", "reference": "invoice 7"})

    def claim(self):
        user, coupon = self.user(), self.chance.choice(self.shared.coupons)
        if self.post("claim", f"/api/v1/coupons/{coupon}/claims", {"userId": user}) is not None:
            self.claims.add((coupon, user))

    def place(self):
        user = self.user()
        lines = [{"productId": product, "quantity": self.chance.randint(1, 3)}
                 for product in self.chance.sample(self.shared.products, self.chance.randint(1, 2))]
        body = {"userId": user, "lines": lines}
        if self.chance.random() < 0.5:
            body["couponId"] = self.chance.choice(self.shared.coupons)
        order = self.post("place", "/api/v1/orders", body)
        if order is not None:
            self.told["order", order["orderId"]] = "PLACED"
            self.shared.add(self.shared.orders, (order["orderId"], user, lines))
            self.shared.add(self.shared.old, (order["orderId"], user, lines))

    def pay_by_points(self):
        self.pay("pay by points", {"method": "POINTS"})

    def pay_by_card(self):
        self.pay("pay by card", {"method": "CARD", "cardToken": self.chance.choice(TOKENS)})

    def pay(self, action, how):
        chosen = self.shared.any_of(self.shared.old if self.chance.random() < 0.1 else self.shared.orders, self.chance)
        if chosen is None:
            return
        order, user, lines = chosen
        payment = self.post(action, f"/api/v1/orders/{order}/payment", {"userId": user, **how})
        if payment is None:
            return
        if payment["state"] == "SUCCEEDED":
            self.told["payment", payment["paymentId"]] = "PAID"
            if how["method"] == "POINTS":
                self.points[user] -= payment["amount"]
        self.shared.add(self.shared.payments, (payment["paymentId"], user, payment["amount"], how["method"], lines))

    def cancel(self):
        chosen = self.shared.any_of(self.shared.orders, self.chance)
        if chosen is None:
            return
        order, user, _ = chosen
        cancelled = self.post("cancel", f"/api/v1/orders/{order}/cancel", {"userId": user})
        if cancelled is not None and cancelled["state"] == "CANCELLED":
            self.told["order", order] = "CANCELLED"

    def refund(self):
        chosen = self.shared.any_of(self.shared.payments, self.chance)
        if chosen is None:
            return
        payment, user, amount, method, lines = chosen
        body = {"reason": "it broke"}
        if self.chance.random() < 0.6:
            body["amount"] = max(1, amount // self.chance.randint(2, 4))
            if self.chance.random() < 0.5:
                body["lines"] = [{"productId": self.chance.choice(lines)["productId"], "quantity": 1}]
        refund = self.post("refund", f"/api/v1/payments/{payment}/refunds", body)
        if refund is not None and method == "POINTS":
            self.points[user] += refund["amount"]


class Market(Crowd):
    """`size` shoppers in as many threads, from start() to stop()."""

    def __init__(self, ports, users, products, coupons, size=64, seed=1):
        self.tally = Tally()
        self.shared = Shared(users, products, coupons)
        self.shoppers = [Shopper(Api(ports[at % len(ports):] + ports[:at % len(ports)], self.tally), self.shared,
                                 seed * 1000 + at) for at in range(size)]
        super().__init__(self.shoppers, Shopper.act)

    # --- the books -----------------------------------------------------------------------------------------------

    def done(self):
        return sum((shopper.done for shopper in self.shoppers), Counter())

    def points(self):
        """user -> what the account gained; Counter's own + would drop those below 0."""
        gained = Counter()
        for shopper in self.shoppers:
            gained.update(shopper.points)
        return gained

    def told(self):
        """The last word about each thing; a final state is never taken back, so the strongest counts."""
        rank = {"PLACED": 0, "CANCELLED": 1, "PAID": 1}
        words = {}
        for shopper in self.shoppers:
            for thing, word in shopper.told.items():
                if rank[word] >= rank.get(words.get(thing), -1):
                    words[thing] = word
        return words

    def claims(self):
        return set().union(*(shopper.claims for shopper in self.shoppers))
