#!/usr/bin/python3
"""The five best sellers follow the payments within two seconds; without Redis they stay right, without Kafka they stay
and say how old they are, and without either database or Redis the last answer is served."""

import datetime
import http.client
import unittest

from support.audit import drained
from support.case import DaemonTest
from support.client import Api, Client, Tally
from support.stack import Stack
from support.waiting import now, until

PATH = "/api/v1/products/top5"


class Top5(DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack.own("top5")
        cls.addClassCleanup(cls.stack.down)

    def setUp(self):
        super().setUp()
        self.running = self.started("node")
        self.api = Api([self.running.port], Tally())
        self.addCleanup(self.api.close)
        self.products = [self.expect(201, "POST", "/api/v1/products", {"name": f"p{at}", "price": 10, "stock": 1000})
                         ["productId"] for at in range(7)]
        self.user = self.expect(201, "POST", "/api/v1/users", {"username": self.prefix, "email": "a@b"})["userId"]
        self.expect(200, "POST", f"/api/v1/users/{self.user}/points/charges", {"amount": 1_000_000})

    def started(self, name):
        """A node whose listener has its partitions."""
        node = self.node(name).migrate().start().ready()
        until(lambda: node.metric(f'outboxd_consumer_partitions{{listener="ranking"}}') > 0,
              lambda: f"partitions for {name}\n{node.tail()}", 60)
        return node

    def expect(self, status, method, path, body=None):
        answer = self.api.call(method, path, body)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def buy(self, product, quantity):
        """The payment."""
        order = self.expect(201, "POST", "/api/v1/orders",
                            {"userId": self.user, "lines": [{"productId": product, "quantity": quantity}]})["orderId"]
        return self.expect(201, "POST", f"/api/v1/orders/{order}/payment", {"userId": self.user})["paymentId"]

    def top5(self):
        return self.expect(200, "GET", PATH)

    def sold(self):
        return [(item["productId"], item["sold"]) for item in self.top5()["items"]]

    def see(self, *expected):
        """Waits until they are the best sellers; how long it took."""
        began = now()
        until(lambda: self.sold() == list(expected), lambda: f"{expected}; they are {self.sold()}\n{self.running.tail()}",
              30, every=0.02)
        return now() - began

    def control(self, verb, undo):
        self.stack.control(verb)
        self.addCleanup(self.stack.control, undo)

    def test_the_best_sellers_follow_the_payments(self):
        self.assertEqual(self.top5()["items"], [])
        a, b, c, d, e, f, g = self.products
        took = []
        self.buy(c, 3)
        took.append(self.see((c, 3)))
        for product in (g, f, e, d, b):
            self.buy(product, 2)
        took.append(self.see((c, 3), (b, 2), (d, 2), (e, 2), (f, 2)))
        self.buy(a, 5)
        took.append(self.see((a, 5), (c, 3), (b, 2), (d, 2), (e, 2)))
        print("\nafter the payment: " + ", ".join(f"{time:.2f} s" for time in took), flush=True)
        best = self.top5()["items"][0]
        self.assertEqual(best, {"productId": a, "name": "p0", "price": 10, "stock": 995, "sold": 5})
        # Sales and progress are those of the outbox.
        drained(self.database)
        self.assertEqual(self.database.number("SELECT SUM(quantity) FROM product_sales"), 18)
        self.assertEqual(self.running.metric('outboxd_consumer_refused_total{listener="ranking"}'), 0)
        self.assertEqual(self.running.terminate(), 0)

    def test_what_comes_back_is_taken_off(self):
        payment = self.buy(self.products[0], 5)
        self.buy(self.products[1], 3)
        self.see((self.products[0], 5), (self.products[1], 3))
        path = f"/api/v1/payments/{payment}/refunds"
        self.expect(201, "POST", path, {"reason": "broken", "amount": 20, "lines": [{"productId": self.products[0], "quantity": 3}]})
        took = [self.see((self.products[1], 3), (self.products[0], 2))]
        self.expect(201, "POST", path, {"reason": "late", "amount": 10})  # money alone
        self.expect(201, "POST", path, {"reason": "sorry"})  # and all the rest
        took.append(self.see((self.products[1], 3)))
        print("\nafter the refund: " + ", ".join(f"{time:.2f} s" for time in took), flush=True)

    def test_a_client_that_has_the_answer_is_told_so(self):
        client = Client(self.running.port)
        self.addCleanup(client.close)
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=60)
        self.addCleanup(connection.close)

        def unchanged():
            """Between two looks the time of the answer may have moved on."""
            etag = client.send("GET", PATH).headers["ETag"]
            connection.request("GET", PATH, headers={"If-None-Match": etag})
            response = connection.getresponse()
            body = response.read()
            self.assertIn(response.status, (200, 304))
            return response.status == 304 and body == b"" and response.headers["ETag"] == etag
        until(unchanged, "a 304")

    def test_two_nodes_agree_and_one_takes_over(self):
        other = self.started("other")
        there = Api([other.port], Tally())
        self.addCleanup(there.close)
        self.buy(self.products[1], 4)
        self.see((self.products[1], 4))
        until(lambda: [item["sold"] for item in there.call("GET", PATH).json()["items"]] == [4], "the same elsewhere")
        self.running.kill()
        self.api = there
        self.buy(self.products[1], 1)
        self.buy(self.products[2], 6)
        # The brokers give a killed member up after ten seconds.
        until(lambda: self.sold() == [(self.products[2], 6), (self.products[1], 5)], self.sold, 60, every=0.1)

    def test_without_redis_they_are_right(self):
        self.buy(self.products[0], 1)
        self.see((self.products[0], 1))
        self.control("kill-redis", "start-redis")
        self.buy(self.products[0], 2)
        print(f"\nwithout Redis: {self.see((self.products[0], 3)):.2f} s", flush=True)
        self.stack.control("start-redis")
        self.buy(self.products[0], 3)
        self.see((self.products[0], 6))

    def test_without_kafka_they_stay_and_say_so(self):
        self.buy(self.products[0], 1)
        self.see((self.products[0], 1))
        as_of = lambda: datetime.datetime.fromisoformat(self.top5()["asOf"].replace("Z", "+00:00"))
        first = as_of()
        until(lambda: as_of() > first, "a time that moves on", 30)
        self.control("kill-kafka", "start-kafka")
        self.buy(self.products[0], 2)
        bought = datetime.datetime.now(datetime.timezone.utc)

        def stands_still():
            """As it is once the questions that were under way have ended."""
            before = as_of()
            answers = self.running.metric('outboxd_top5_answers_total{layer="database"}')
            until(lambda: self.top5() and
                  self.running.metric('outboxd_top5_answers_total{layer="database"}') >= answers + 3, "three looks", 30)
            return as_of() == before
        until(stands_still, "a time that stands still", 60)
        self.assertLess(as_of(), bought)
        self.assertEqual(self.sold(), [(self.products[0], 1)])
        self.stack.control("start-kafka")
        until(lambda: self.sold() == [(self.products[0], 3)] and as_of() > bought, lambda: self.top5(), 120, every=0.1)

    def test_without_the_database_the_last_answer_is_served(self):
        self.buy(self.products[0], 1)
        self.see((self.products[0], 1))
        self.control("kill-mariadb", "start-mariadb")
        until(lambda: self.running.metric('outboxd_top5_answers_total{layer="fallback"}') > 0 or self.top5() is None,
              "an answer without the database", 60)
        self.assertEqual(self.sold(), [(self.products[0], 1)])
        self.control("kill-redis", "start-redis")
        self.assertEqual(self.sold(), [(self.products[0], 1)])
        self.stack.control("start-redis")
        self.stack.control("start-mariadb")
        until(lambda: self.running.readyz()[0] == 200, "readiness", 60)
        self.buy(self.products[0], 1)
        until(lambda: self.sold() == [(self.products[0], 2)], self.sold, 60, every=0.1)


if __name__ == "__main__":
    unittest.main()
