"""Load: customers who charge points, place orders and pay, each keeping the books that the shop must agree with."""

import random
import uuid
from collections import Counter

from .client import Api, Tally
from .crowd import Crowd
from .waiting import until

STOCK = 900_000  # less than the most that one line may ask for
PRICES = [300, 450, 800, 1250]


class Customer:
    """One user, one thread. Only what was answered with 2xx is in the books."""

    def __init__(self, api, products, seed):
        self.api = api
        self.products = products
        self.random = random.Random(seed)
        name = f"customer-{uuid.uuid4().hex}"
        made = self.expect(201, "POST", "/api/v1/users", {"username": name, "email": f"{name}@example.org"})
        self.user = made["userId"]
        self.balance = 0
        self.charges = []  # amounts
        self.placed = {}  # order -> total
        self.taken = Counter()  # product -> quantity
        self.paid = {}  # order -> payment
        self.refused = Counter()  # code -> times

    def expect(self, status, method, path, body):
        answer = self.api.call(method, path, body)
        assert answer.status == status, f"{method} {path}: {answer}"
        return answer.json()

    def refuse(self, code, path, body):
        answer = self.api.call("POST", path, body)
        assert answer.status == 409 and answer.code() == code, f"{code} was to be expected: {answer}"
        self.refused[code] += 1

    def charge(self, amount):
        charged = self.expect(200, "POST", f"/api/v1/users/{self.user}/points/charges", {"amount": amount})
        self.balance += amount
        self.charges.append(amount)
        assert charged["balance"] == self.balance, charged

    def place(self):
        lines = [{"productId": product, "quantity": self.random.randint(1, 3)}
                 for product in self.random.sample(self.products, self.random.randint(1, 2))]
        order = self.expect(201, "POST", "/api/v1/orders", {"userId": self.user, "lines": lines})
        self.placed[order["orderId"]] = order["total"]
        for line in lines:
            self.taken[line["productId"]] += line["quantity"]
        return order["orderId"]

    def pay(self, order):
        path, body = f"/api/v1/orders/{order}/payment", {"userId": self.user}
        total = self.placed[order]
        if self.balance < total:
            self.refuse("insufficient_points", path, body)
            self.charge(total - self.balance + self.random.randint(0, 6000))
        payment = self.expect(201, "POST", path, body)
        self.balance -= total
        self.paid[order] = payment["paymentId"]
        assert (payment["amount"], payment["balance"]) == (total, self.balance), payment

    def ask_too_much(self):
        lines = [{"productId": self.products[0], "quantity": 1_000_000}]
        self.refuse("insufficient_stock", "/api/v1/orders", {"userId": self.user, "lines": lines})

    def shop(self):
        """One purchase; now and then one that the shop refuses, or an order that stays unpaid."""
        if self.random.random() < 0.02:
            self.ask_too_much()
        if self.random.random() < 0.03:
            self.place()
        self.pay(self.place())


class Load(Crowd):
    """`customers` threads that shop until stop()."""

    def __init__(self, ports, customers=16, seed=1):
        self.tally = Tally()
        self.apis = [Api(ports[at % len(ports):] + ports[:at % len(ports)], self.tally) for at in range(customers)]
        self.products = [self.apis[0].call("POST", "/api/v1/products", {"name": f"product {price}", "price": price,
                                                                        "stock": STOCK}).json()["productId"]
                         for price in PRICES]
        self.customers = [Customer(api, self.products, seed * 1000 + at) for at, api in enumerate(self.apis)]
        super().__init__(self.customers, Customer.shop)
        self.start()

    def paid(self):
        """Orders paid so far. Fails if a customer met something that must not happen."""
        self.check()
        return sum(len(customer.paid) for customer in self.customers)

    def wait_for(self, more, seconds=120):
        """Until so many more orders are paid."""
        goal = self.paid() + more
        until(lambda: self.paid() >= goal, lambda: f"{goal} orders; paid: {self.paid()}", seconds, every=0.005)

    def total(self, of):
        """of(customer) added up; for dicts and counters, joined."""
        results = [of(customer) for customer in self.customers]
        if isinstance(results[0], Counter):
            return sum(results, Counter())
        if isinstance(results[0], dict):
            return {key: value for result in results for key, value in result.items()}
        return sum(results)
