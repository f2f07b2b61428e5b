// Deciding claims on the real server: several drains at once, claims that arrive meanwhile, a lost fence.
#include "commerce/claim_desk.hpp"
#include "commerce/mysql/claim_upkeep.hpp"
#include "platform/core/error.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace outboxd;
using namespace outboxd::commerce;

namespace {

struct Scene {
    testing::MySqlShop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};

    CouponId coupon(std::int64_t total) {
        return verbs.coupon(total, shop.clock().today() - std::chrono::minutes{1});
    }
    // By one statement: signing up thousands one by one would take longer than the test.
    std::vector<UserId> crowd(int size) {
        auto session = shop.database().session();
        session->textExecute(
            "INSERT INTO users (username, email, created_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
            "SELECT i + 1 FROM n WHERE i < " +
            std::to_string(std::min(size, 1000)) +
            ") SELECT CONCAT('crowd', i), 'a@b', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM n");
        std::vector<UserId> users;
        session->textQuery("SELECT id FROM users ORDER BY id",
                           [&](auto row) { users.push_back({std::stoll(std::string{row[0]})}); });
        return users;
    }
    // Until nothing waits.
    void drainAll(CouponId coupon, std::size_t batch) {
        ClaimId after;
        for (bool more = true; more;) {
            const auto decided = verbs.drain(coupon, after, batch);
            after = decided.last;
            more = decided.more;
        }
    }
    // Exactly the first `total` claims by id were issued, and everything that counts them agrees.
    void audit(CouponId coupon, std::int64_t total, std::int64_t claims) {
        const auto of = " FROM coupon_claim WHERE coupon_id = " + std::to_string(coupon.value);
        BOOST_TEST(shop.number("SELECT COUNT(*)" + of) == claims);
        BOOST_TEST(shop.number("SELECT COUNT(*)" + of + " AND state = 'WAITING'") == 0);
        BOOST_TEST(shop.number("SELECT COUNT(*)" + of + " AND state = 'ISSUED'") == total);
        BOOST_TEST(shop.number("SELECT issued FROM coupon WHERE id = " + std::to_string(coupon.value)) ==
                   total);
        BOOST_TEST(
            shop.number("SELECT COUNT(*) FROM user_coupon h JOIN coupon_claim k USING (coupon_id, user_id) "
                        "WHERE k.state = 'ISSUED'") == total);
        if (claims > total) {
            BOOST_TEST(shop.number("SELECT (SELECT MAX(id)" + of +
                                   " AND state = 'ISSUED') < (SELECT MIN(id)" + of +
                                   " AND state = 'SOLD_OUT')") == 1);
        }
        BOOST_TEST(shop.number("SELECT COUNT(*) FROM outbox_event WHERE type = 'CouponIssued'") == total);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(coupon_drain, Scene)

BOOST_AUTO_TEST_CASE(two_drains_decide_each_claim_once_while_others_arrive) {
    const auto prize = coupon(100);
    const auto users = crowd(1000);
    NoClaimFilter none;
    ClaimDesk here{shop.claimQueue(), none};
    mysql::ClaimQueue otherQueue{shop.database()};
    ClaimDesk there{otherQueue, none};
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    std::atomic<bool> done{false};
    {
        std::vector<std::jthread> drains;
        for (int i = 0; i < 2; ++i)
            drains.emplace_back([&] {
                while (!done) drainAll(prize, 7);
            });
        {
            std::vector<std::jthread> people;
            for (std::size_t t = 0; t < 8; ++t)
                people.emplace_back([&, t] {
                    for (std::size_t i = t / 2; i < users.size(); i += 4) { // each user comes twice
                        const auto result = (t % 2 == 0 ? here : there).claim({prize, users[i]});
                        if (std::holds_alternative<Queued>(result)) ++accepted;
                        if (std::holds_alternative<CouponSoldOut>(result)) ++refused;
                    }
                });
        }
        done = true;
    }
    drainAll(prize, 1000);
    BOOST_TEST(accepted + refused == 2000);
    const auto claims = shop.number("SELECT COUNT(*) FROM coupon_claim");
    BOOST_TEST(claims >= 100);
    audit(prize, 100, claims);
}

BOOST_AUTO_TEST_CASE(who_claims_when_fewer_came_than_there_are_gets_one) {
    const auto prize = coupon(5000);
    const auto users = crowd(1000);
    std::vector<ClaimRequest> requests;
    for (const auto user : users) requests.push_back({prize, user});
    BOOST_TEST(shop.claimQueue().append(requests) == 1000U);
    drainAll(prize, 300);
    audit(prize, 1000, 1000);
}

BOOST_AUTO_TEST_CASE(a_claim_does_not_wait_for_the_drain_that_holds_the_coupon) {
    const auto prize = coupon(5);
    const auto users = crowd(20);
    std::vector<ClaimRequest> first, later;
    for (std::size_t i = 0; i < 20; ++i) (i < 10 ? first : later).push_back({prize, users[i]});
    shop.claimQueue().append(first);
    shop.unitOfWork().run([&](Transaction& transaction) {
        decideClaims(transaction, prize, {}, 100);
        BOOST_TEST(shop.claimQueue().append(later) == 10U); // else this waits for itself until it fails
        return Ending::commit;
    });
    drainAll(prize, 100);
    audit(prize, 5, 20);
}

BOOST_AUTO_TEST_CASE(a_drain_whose_fence_fails_writes_nothing) {
    const auto prize = coupon(5);
    const auto users = crowd(10);
    shop.claimQueue().append({{prize, users[0]}, {prize, users[1]}});
    mysql::UnitOfWork lost{shop.database(), shop.clock(), {}, [](database::Session&) {
                               throw core::Error(core::ErrorKind::internal, "the term has ended");
                           }};
    BOOST_CHECK_THROW(lost.run([&](Transaction& transaction) {
        BOOST_TEST(decideClaims(transaction, prize, {}, 100).issued == 2U);
        return Ending::commit;
    }),
                      core::Error);
    BOOST_TEST(shop.number("SELECT COUNT(*) FROM coupon_claim WHERE state <> 'WAITING'") == 0);
    BOOST_TEST(shop.number("SELECT COUNT(*) FROM user_coupon") == 0);
    BOOST_TEST(shop.number("SELECT COUNT(*) FROM outbox_event") == 0);
    drainAll(prize, 100);
    audit(prize, 2, 2);
}

BOOST_AUTO_TEST_CASE(the_jobs_see_what_waits_and_what_is_sold_out) {
    const auto prize = coupon(2);
    const auto other = coupon(5);
    const auto users = crowd(10);
    shop.claimQueue().append({{prize, users[0]}, {prize, users[1]}, {prize, users[2]}});
    BOOST_TEST(mysql::couponsWithClaims(shop.database()).size() == 1U);
    BOOST_TEST(mysql::soldOutCoupons(shop.database()).empty());
    drainAll(prize, 100);
    shop.claimQueue().append({{other, users[0]}});
    BOOST_TEST((mysql::couponsWithClaims(shop.database()).at(0) == other));
    const auto soldOut = mysql::soldOutCoupons(shop.database());
    BOOST_REQUIRE(soldOut.size() == 1U);
    BOOST_TEST((soldOut[0].id == prize));
    BOOST_TEST(soldOut[0].version == 1);
    BOOST_TEST(mysql::claimantsAfter(shop.database(), prize, {}).size() == 3U);
    BOOST_TEST((mysql::claimantsAfter(shop.database(), prize, users[1]).at(0) == users[2]));
}

BOOST_AUTO_TEST_SUITE_END()
