#include "api/rate_limit.hpp"
#include "tests/unit/api_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

struct Limited : testing::ApiFixture {
    Limited() { api::addShopRoutes(router, shop); }

    testing::ApiReply from(const std::string& address, const std::string& path = "/api/v1/products") {
        auto asked = request("GET", path);
        asked.clientAddress = address;
        testing::ApiReply reply;
        reply.response = router.handle(asked);
        reply.status = reply.response.status;
        reply.body.Parse(reply.response.body.c_str());
        return reply;
    }

    api::RateLimiter limiter{{.requestsPerSecond = 2, .burst = 3}, clock};
    api::Router router{authenticator, logger, &limiter};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_rate_limit, Limited)

BOOST_AUTO_TEST_CASE(a_burst_at_once_then_so_many_a_second) {
    for (int i = 0; i < 3; ++i) BOOST_TEST(limiter.take("a").allowed);
    BOOST_TEST(!limiter.take("a").allowed);
    clock.advance(499ms);
    BOOST_TEST(!limiter.take("a").allowed);
    clock.advance(1ms);
    BOOST_TEST(limiter.take("a").allowed);
    BOOST_TEST(!limiter.take("a").allowed);
    clock.advance(1h); // a bucket holds no more than the burst
    for (int i = 0; i < 3; ++i) BOOST_TEST(limiter.take("a").allowed);
    BOOST_TEST(!limiter.take("a").allowed);
}

BOOST_AUTO_TEST_CASE(in_the_long_run_the_rate_is_exact) {
    int allowed = 0;
    for (int i = 0; i < 10'000; ++i, clock.advance(10ms)) allowed += limiter.take("a").allowed ? 1 : 0;
    BOOST_TEST(allowed ==
               3 + 2 * 100 - 1); // the burst, and two for each of the 100 seconds, the last not over
}

BOOST_AUTO_TEST_CASE(refused_requests_cost_nothing) {
    for (int i = 0; i < 100; ++i) limiter.take("a");
    clock.advance(500ms);
    BOOST_TEST(limiter.take("a").allowed);
}

BOOST_AUTO_TEST_CASE(one_client_does_not_use_up_anothers_bucket) {
    for (int i = 0; i < 4; ++i) from("10.0.0.1");
    BOOST_TEST(from("10.0.0.1").status == 429);
    BOOST_TEST(from("10.0.0.2").status == 200);
}

BOOST_AUTO_TEST_CASE(answers_tell_what_is_left_and_when_to_come_again) {
    const auto first = from("10.0.0.1");
    BOOST_TEST(first.header("RateLimit-Policy") == R"("client";q=3;w=2)");
    BOOST_TEST(first.header("RateLimit") == R"("client";r=2;t=1)");
    BOOST_TEST(from("10.0.0.1", "/api/v1/products/77").header("RateLimit") == R"("client";r=1;t=1)");
    BOOST_TEST(from("10.0.0.1").header("RateLimit") == R"("client";r=0;t=2)");
    const auto refused = from("10.0.0.1");
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.code() == "rate_limited");
    BOOST_TEST(refused.header("Retry-After") == "1");
    BOOST_TEST(refused.header("RateLimit") == R"("client";r=0;t=1)");
    clock.advance(1s);
    BOOST_TEST(from("10.0.0.1").status == 200);
    BOOST_TEST(from("10.0.0.3", "/api/products").header("RateLimit") == R"("client";r=2;t=1)");
}

BOOST_AUTO_TEST_CASE(without_a_limit_nothing_is_said_of_it) {
    BOOST_TEST(get("/api/v1/products").header("RateLimit") == "");
    BOOST_TEST(get("/api/v1/products").header("RateLimit-Policy") == "");
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_only_the_quiet_are_forgotten) {
    for (int i = 0; i < 3; ++i) limiter.take("busy");
    for (int i = 0; i < 1'000'000; ++i) {
        limiter.take("address:" + std::to_string(i));
        if (i % 1000 == 0) BOOST_TEST(!limiter.take("busy").allowed);
    }
    BOOST_TEST(limiter.clients() <= 131'072u);
}

BOOST_AUTO_TEST_CASE(an_ipv6_subscriber_is_one_client) {
    BOOST_TEST(api::addressKey("2001:db8:1:2::1") == api::addressKey("2001:db8:1:2:ffff::9"));
    BOOST_TEST(api::addressKey("2001:db8:1:2::1") != api::addressKey("2001:db8:1:3::1"));
    BOOST_TEST(api::addressKey("fe80::1%eth0") == api::addressKey("fe80::2"));
    BOOST_TEST(api::addressKey("10.0.0.1") != api::addressKey("10.0.0.2"));
    BOOST_TEST(api::addressKey("::ffff:10.0.0.1") != api::addressKey("::ffff:10.0.0.2"));
}

BOOST_AUTO_TEST_SUITE_END()
