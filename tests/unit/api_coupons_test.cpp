#include "tests/unit/api_fixture.hpp"

#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;

namespace {

struct Coupons : testing::ApiFixture {
    testing::ShopVerbs verbs{rows};

    static std::string couponBody(std::int64_t total) {
        return R"({"name":"Spring","kind":"PERCENT","discount":15,"most":5000,"total":)" +
               std::to_string(total) +
               R"(,"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-01T01:00:00Z"})";
    }
    std::int64_t coupon(std::int64_t total) {
        return post("/api/v1/coupons", couponBody(total)).number("/couponId");
    }
    std::string path(std::int64_t coupon) { return "/api/v1/coupons/" + std::to_string(coupon); }
    testing::ApiReply claim(std::int64_t coupon, std::int64_t user) {
        return send(request("POST", path(coupon) + "/claims", userBody(user)));
    }
    testing::ApiReply claimOf(std::int64_t coupon, std::int64_t user, const std::string& wait = {}) {
        std::vector<std::pair<std::string, std::string>> query;
        if (!wait.empty()) query.emplace_back("wait", wait);
        return get(path(coupon) + "/claims/" + std::to_string(user), query);
    }
    testing::ApiReply claimByQuery(std::int64_t coupon, const std::string& user) {
        auto asked = request("POST", path(coupon));
        asked.query = {{"userId", user}};
        return send(asked);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_coupons, Coupons)

BOOST_AUTO_TEST_CASE(a_coupon_is_made_listed_and_shown) {
    const auto made = post("/api/v1/coupons", couponBody(3));
    BOOST_TEST(made.status == 201);
    const auto id = made.number("/couponId");
    BOOST_TEST(made.header("Location") == path(id));
    const auto shown = get(path(id));
    BOOST_TEST(shown.text("/kind") == "PERCENT");
    BOOST_TEST(shown.number("/discount") == 15);
    BOOST_TEST(shown.number("/most") == 5000);
    BOOST_TEST(shown.number("/total") == 3);
    BOOST_TEST(shown.number("/issued") == 0);
    BOOST_TEST(shown.text("/startsAt") == "2026-01-01T00:00:00.000000Z");
    BOOST_TEST(shown.text("/endsAt") == "2026-01-01T01:00:00.000000Z");
    BOOST_TEST(get("/api/v1/coupons").number("/items/0/couponId") == id);
    BOOST_TEST(get(path(4711)).code() == "coupon_not_found");
}

BOOST_AUTO_TEST_CASE(all_faults_of_a_coupon_are_named_at_once) {
    const auto reply =
        post("/api/v1/coupons", R"({"name":"","kind":"GIFT","discount":0,"total":0,)"
                                R"("startsAt":"2026-01-02T00:00:00Z","endsAt":"2026-01-01T00:00:00Z"})");
    BOOST_TEST(reply.status == 400);
    BOOST_TEST(reply.errors().size() == 4U);
    const auto times =
        post("/api/v1/coupons", R"({"name":"n","kind":"FIXED","discount":1,"most":"5","total":1,)"
                                R"("startsAt":"soon","endsAt":"2026-02-30T00:00:00Z"})");
    BOOST_TEST(times.errors().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_claim_is_accepted_and_its_repetition_is_the_same) {
    const auto id = coupon(1);
    const auto ann = user(0);
    const auto first = claim(id, ann);
    BOOST_TEST(first.status == 202);
    BOOST_TEST(first.header("Location") == path(id) + "/claims/" + std::to_string(ann));
    BOOST_TEST(first.text("/state") == "WAITING");
    BOOST_TEST(first.number("/position") == 1);
    BOOST_TEST(claim(id, ann).number("/claimId") == first.number("/claimId"));
    verbs.drain({id});
    const auto decided = claim(id, ann);
    BOOST_TEST(decided.status == 200);
    BOOST_TEST(decided.text("/state") == "ISSUED");
    BOOST_TEST(decided.body["position"].IsNull());
}

BOOST_AUTO_TEST_CASE(refusals_of_claims_say_why) {
    const auto id = coupon(1);
    const auto ann = user(0);
    BOOST_TEST(claim(4711, ann).code() == "coupon_not_found");
    BOOST_TEST(claim(id, 4711).code() == "user_not_found");
    const auto later = verbs.coupon(1, clock.today() + std::chrono::hours{1}).value;
    BOOST_TEST(claim(later, ann).code() == "coupon_not_started");
    claim(id, ann);
    verbs.drain({id});
    BOOST_TEST(claim(id, user(0)).code() == "coupon_sold_out");
    BOOST_TEST(claim(id, user(0)).status == 409);
    clock.advance(std::chrono::hours{1});
    BOOST_TEST(claim(id, user(0)).code() == "coupon_ended");
}

BOOST_AUTO_TEST_CASE(the_verdict_can_be_read_and_waited_for) {
    const auto id = coupon(1);
    const auto ann = user(0);
    const auto bob = user(0);
    claim(id, ann);
    claim(id, bob);
    BOOST_TEST(claimOf(id, bob).text("/state") == "WAITING");
    BOOST_TEST(claimOf(id, bob).number("/position") == 2);
    verbs.drain({id});
    BOOST_TEST(claimOf(id, ann, "10s").text("/state") == "ISSUED");
    BOOST_TEST(claimOf(id, bob, "30s").text("/state") == "SOLD_OUT");
    BOOST_TEST(claimOf(id, 4711).code() == "user_not_found");
    BOOST_TEST(claimOf(4711, ann).code() == "coupon_not_found");
    BOOST_TEST(claimOf(id, user(0)).code() == "coupon_sold_out");
    BOOST_TEST(claimOf(coupon(1), ann).code() == "claim_not_found");
    for (const auto* wrong : {"31s", "10", "-1s", "1m", "s", ""})
        if (*wrong != 0) BOOST_TEST(claimOf(id, ann, wrong).status == 400);
}

BOOST_AUTO_TEST_CASE(waiting_ends_before_the_request_has_no_time_left) {
    const auto id = coupon(1);
    const auto ann = user(0);
    claim(id, ann);
    auto asked = request("GET", path(id) + "/claims/" + std::to_string(ann));
    asked.query = {{"wait", "30s"}};
    asked.deadline = clock.now(); // nothing is left
    BOOST_TEST(send(asked).text("/state") == "WAITING");
}

BOOST_AUTO_TEST_CASE(the_load_scripts_claim_by_query_and_know_one_status_for_refusals) {
    const auto id = coupon(1);
    const auto ann = user(0);
    const auto first = claimByQuery(id, std::to_string(ann));
    BOOST_TEST(first.status == 202);
    BOOST_TEST(first.number("/claimId") == claim(id, ann).number("/claimId"));
    verbs.drain({id});
    const auto refused = claimByQuery(id, std::to_string(user(0)));
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.number("/status") == 400);
    BOOST_TEST(refused.code() == "coupon_sold_out");
    BOOST_TEST(!refused.text("/message").empty());
    for (const auto* wrong : {"0", "x", "", "-1"})
        BOOST_TEST(claimByQuery(id, wrong).code() == "invalid_request");
}

BOOST_AUTO_TEST_CASE(users_see_their_coupons) {
    const auto id = coupon(1);
    const auto ann = user(0);
    const auto mine = "/api/v1/users/" + std::to_string(ann) + "/coupons";
    BOOST_TEST(get(mine).body["items"].Empty());
    claim(id, ann);
    verbs.drain({id});
    const auto page = get(mine);
    BOOST_TEST(page.number("/items/0/couponId") == id);
    BOOST_TEST(page.text("/items/0/name") == "Spring");
    BOOST_TEST(page.text("/items/0/state") == "AVAILABLE");
    clock.advance(std::chrono::hours{1});
    BOOST_TEST(get(mine).text("/items/0/state") == "EXPIRED");
    BOOST_TEST(get("/api/v1/users/4711/coupons").code() == "user_not_found");
}

BOOST_AUTO_TEST_SUITE_END()
