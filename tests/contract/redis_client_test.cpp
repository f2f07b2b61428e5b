// The Redis client against a real server of this program's own, which is killed and stalled.
#include "platform/redis/client.hpp"
#include "tests/support/private_redis.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;

namespace {

auto ofKind(core::ErrorKind kind) {
    return [kind](const core::Error& error) { return error.kind() == kind; };
}
const auto unavailable = ofKind(core::ErrorKind::unavailable);

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_client, PrivateRedis)

BOOST_AUTO_TEST_CASE(values_come_back_as_they_went) {
    redis::Client client(settings);
    client.ping();
    BOOST_TEST(!client.get("k").has_value());
    const std::string bytes("a\0b\r\n\xff", 6);
    client.set("k", bytes, 1h);
    BOOST_TEST(*client.get("k") == bytes);
    client.set("k", "", 1h);
    BOOST_TEST(*client.get("k") == "");
    BOOST_TEST(client.del("k"));
    BOOST_TEST(!client.del("k"));
    BOOST_TEST(client.publish("nobody", "hears") == 0);
}

BOOST_AUTO_TEST_CASE(a_value_expires) {
    redis::Client client(settings);
    client.set("k", "v", 90s);
    const auto left = std::get<std::int64_t>(client.eval("return redis.call('PTTL', KEYS[1])", {"k"}, {}));
    BOOST_TEST(left > 0);
    BOOST_TEST(left <= 90'000);
}

BOOST_AUTO_TEST_CASE(scripts_run_by_digest_and_survive_a_server_that_forgot_them) {
    redis::Client client(settings);
    const std::string script = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
    BOOST_TEST(std::get<std::int64_t>(client.eval(script, {"n"}, {"5"})) == 5);
    BOOST_TEST(std::get<std::int64_t>(client.eval(script, {"n"}, {"5"})) == 10);
    server.kill();
    server.start();
    BOOST_CHECK_EXCEPTION(client.eval(script, {"n"}, {"1"}), core::Error, unavailable); // the old connection
    BOOST_TEST(std::get<std::int64_t>(client.eval(script, {"n"}, {"1"})) == 1);
    BOOST_TEST(!std::get<std::optional<std::string>>(client.eval("return nil", {}, {})).has_value());
    BOOST_TEST(*std::get<std::optional<std::string>>(client.eval("return ARGV[1]", {}, {"text"})) == "text");
}

BOOST_AUTO_TEST_CASE(a_refused_command_leaves_the_connection_sound) {
    redis::Client client(settings);
    client.eval("return redis.call('RPUSH', KEYS[1], 'x')", {"list"}, {});
    BOOST_CHECK_EXCEPTION(client.get("list"), core::Error, ofKind(core::ErrorKind::invalid_data));
    BOOST_CHECK_EXCEPTION(client.eval("not lua", {}, {}), core::Error, ofKind(core::ErrorKind::invalid_data));
    client.ping();
}

BOOST_AUTO_TEST_CASE(a_killed_server_is_unavailable_and_found_again) {
    redis::Client client(settings);
    client.set("k", "v", 1h);
    server.kill();
    BOOST_CHECK_EXCEPTION(client.get("k"), core::Error, unavailable);
    BOOST_CHECK_EXCEPTION(client.get("k"), core::Error, unavailable);
    server.start();
    BOOST_TEST(!client.get("k").has_value()); // nothing is kept, and that is a plain answer
}

// A late reply must not be taken for that of the next command.
BOOST_AUTO_TEST_CASE(a_stalled_server_costs_the_timeout_and_no_mixed_up_reply) {
    settings.timeout = 50ms;
    redis::Client client(settings);
    client.set("a", "of a", 1h);
    client.set("b", "of b", 1h);
    server.stall();
    BOOST_CHECK_EXCEPTION(client.get("a"), core::Error, unavailable);
    BOOST_CHECK_EXCEPTION(client.get("a"), core::Error, unavailable);
    server.goOn();
    BOOST_TEST(*client.get("b") == "of b");
}

BOOST_AUTO_TEST_CASE(threads_share_a_client) {
    redis::Client client(settings);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) client.eval("return redis.call('INCR', KEYS[1])", {"shared"}, {});
        });
    threads.clear();
    BOOST_TEST(*client.get("shared") == "1600");
}

BOOST_AUTO_TEST_CASE(nobody_there_names_the_settings) {
    settings.port = 1;
    redis::Client client(settings);
    BOOST_CHECK_EXCEPTION(client.ping(), core::Error, [](const core::Error& error) {
        return unavailable(error) && error.hint().find("redis.port") != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
