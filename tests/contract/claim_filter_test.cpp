// The filter in front of the queue of claims, against a Redis that may be flushed, stalled and killed.
#include "commerce/redis/claim_filter.hpp"
#include "platform/core/error.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/private_redis.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

struct Scene {
    testing::PrivateServer server{"redis"};
    testing::ManualClock clock;
    outboxd::redis::Client client{testing::settingsOf(server)};
    commerce::redis::ClaimFilter filter{client, clock, "test:"};
    const CouponId coupon{7};
    const CouponId other{8};

    std::string ask(const std::vector<ClaimRequest>& requests) {
        std::string text;
        for (const auto hint : filter.ask(requests))
            text += hint == ClaimHint::none ? '-' : hint == ClaimHint::claimed ? 'c' : 's';
        return text;
    }
    // Two pages of two users.
    static std::vector<UserId> claimants(UserId after) {
        if (after.value == 0) return {UserId{1}, UserId{2}};
        if (after.value == 2) return {UserId{3}, UserId{4}};
        return {};
    }
    void flush() { client.eval("return redis.call('FLUSHALL') and 1", {}, {}); }
    void runOut() { // as if kSoldOutFor had gone by
        client.eval("return redis.call('HSET', KEYS[1], 'sold_out', 1)", {"test:coupon:7"}, {});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(claim_filter, Scene)

BOOST_AUTO_TEST_CASE(it_knows_the_claims_that_it_was_told_of) {
    BOOST_TEST(ask({{coupon, {1}}, {coupon, {2}}}) == "--");
    filter.claimed({{coupon, {1}}, {other, {2}}});
    BOOST_TEST(ask({{coupon, {1}}, {coupon, {2}}, {other, {2}}, {other, {1}}}) == "c-c-");
}

BOOST_AUTO_TEST_CASE(sold_out_is_said_to_those_without_a_claim_once_every_claim_is_known) {
    filter.claimed({{coupon, {1}}});
    BOOST_TEST(!filter.confirm(coupon, 3)); // the other claims are not known
    BOOST_TEST(ask({{coupon, {9}}}) == "-");
    filter.restore(coupon, 3, claimants);
    BOOST_TEST(ask({{coupon, {1}}, {coupon, {4}}, {coupon, {9}}, {other, {9}}}) == "ccs-");
    BOOST_TEST(filter.confirm(coupon, 3));
    BOOST_TEST(!filter.confirm(coupon, 4)); // another commit of the coupon came since
}

BOOST_AUTO_TEST_CASE(sold_out_lapses_unless_it_is_confirmed) {
    filter.restore(coupon, 3, claimants);
    runOut();
    BOOST_TEST(ask({{coupon, {1}}, {coupon, {9}}}) == "c-");
    BOOST_TEST(filter.confirm(coupon, 3));
    BOOST_TEST(ask({{coupon, {9}}}) == "s");
}

BOOST_AUTO_TEST_CASE(a_flush_loses_winners_and_sold_out_together) {
    filter.restore(coupon, 3, claimants);
    flush();
    BOOST_TEST(ask({{coupon, {1}}, {coupon, {9}}}) == "--");
    filter.claimed({{coupon, {1}}});
    BOOST_TEST(!filter.confirm(coupon, 3));
    BOOST_TEST(ask({{coupon, {2}}}) == "-");
}

BOOST_AUTO_TEST_CASE(a_flush_while_it_is_filled_leaves_no_half_truth) {
    filter.restore(coupon, 3, [&](UserId after) {
        if (after.value == 2) flush();
        return claimants(after);
    });
    BOOST_TEST(ask({{coupon, {1}}, {coupon, {9}}}) == "--");
    BOOST_TEST(!filter.confirm(coupon, 3));
}

BOOST_AUTO_TEST_CASE(a_dead_server_costs_one_time_out_and_then_nothing_for_a_second) {
    filter.claimed({{coupon, {1}}});
    server.kill();
    BOOST_TEST(ask({{coupon, {1}}}) == "-");
    BOOST_TEST(filter.failures() == 1U);
    BOOST_TEST(ask({{coupon, {1}}}) == "-");
    filter.claimed({{coupon, {1}}});
    BOOST_TEST(filter.failures() == 1U); // nobody asked it
    server.start();
    clock.advance(1s);
    filter.claimed({{coupon, {2}}});
    BOOST_TEST(ask({{coupon, {2}}, {coupon, {1}}}) == "c-");
    server.kill();
    BOOST_CHECK_THROW(filter.confirm(coupon, 3), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
