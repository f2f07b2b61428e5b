// Listening to a channel of a real Redis, which is killed and restarted.
#include "platform/redis/subscriber.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/private_redis.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_subscriber, PrivateRedis)

BOOST_AUTO_TEST_CASE(messages_are_heard_in_order_and_byte_by_byte) {
    redis::Subscriber subscriber(settings, "bell");
    redis::Client client(settings);
    BOOST_TEST(client.publish("bell", "too early") == 0);
    subscriber.subscribe();
    const std::string bytes("a\0b\r\n\xff", 6);
    BOOST_TEST(client.publish("bell", bytes) == 1);
    BOOST_TEST(client.publish("another", "x") == 0);
    BOOST_TEST(client.publish("bell", "") == 1);
    BOOST_TEST(*subscriber.next() == bytes);
    BOOST_TEST(*subscriber.next() == "");
}

BOOST_AUTO_TEST_CASE(many_messages_that_came_at_once_are_heard_one_by_one) {
    redis::Subscriber subscriber(settings, "bell");
    redis::Client client(settings);
    subscriber.subscribe();
    constexpr int many = 5000;
    for (int i = 0; i < many; ++i) client.publish("bell", std::to_string(i));
    for (int i = 0; i < many; ++i) BOOST_REQUIRE(*subscriber.next() == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(an_interruption_ends_the_wait_also_when_it_comes_first) {
    redis::Subscriber subscriber(settings, "bell");
    subscriber.interrupt();
    BOOST_TEST(!subscriber.next().has_value());
    std::jthread other([&] { subscriber.interrupt(); });
    BOOST_TEST(!subscriber.next().has_value());
}

BOOST_AUTO_TEST_CASE(a_killed_server_is_noticed_while_waiting_and_found_again) {
    redis::Subscriber subscriber(settings, "bell");
    subscriber.subscribe();
    std::jthread killer([&] { server.kill(); });
    BOOST_TEST((errorOf([&] { subscriber.next(); }).kind() == core::ErrorKind::unavailable));
    killer.join();
    BOOST_TEST((errorOf([&] { subscriber.next(); }).kind() == core::ErrorKind::unavailable));
    server.start();
    subscriber.subscribe();
    redis::Client client(settings);
    BOOST_TEST(client.publish("bell", "again") == 1);
    BOOST_TEST(*subscriber.next() == "again");
}

BOOST_AUTO_TEST_CASE(a_server_that_accepts_and_says_nothing_costs_the_timeout) {
    redis::Subscriber subscriber(settings, "bell");
    server.stall();
    BOOST_TEST((errorOf([&] { subscriber.next(); }).kind() == core::ErrorKind::unavailable));
    server.goOn();
    subscriber.subscribe();
}

BOOST_AUTO_TEST_SUITE_END()
