// The shop's sums hold whoever does what at the same time.
#include "tests/support/crowd.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::crowd;

namespace {

struct Shop : testing::MySqlShop {
    testing::ShopVerbs verbs{unitOfWork()};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(shop_concurrency, Shop)

BOOST_AUTO_TEST_CASE(points_equal_their_history_after_concurrent_charges_and_payments) {
    constexpr int kUsers = 3;
    const auto mug = verbs.product("mug", 70, 1'000'000);
    std::vector<UserId> users;
    for (int i = 0; i < kUsers; ++i) users.push_back(verbs.userWith(fmt::format("user{}", i), 0));
    std::atomic<int> paid{0};
    std::atomic<int> refused{0};
    crowd(12, [&](int number) {
        const auto user = users[static_cast<std::size_t>(number % kUsers)];
        for (int i = 0; i < 10; ++i) {
            if (i % 2 == 0) verbs.charge(user, 50);
            const auto result = verbs.pay(verbs.placed(user, mug), user);
            if (std::holds_alternative<Paid>(result)) ++paid;
            if (std::holds_alternative<InsufficientPoints>(result)) ++refused;
        }
    });
    BOOST_TEST(paid + refused == 120);
    BOOST_TEST(paid > 0);
    BOOST_TEST(refused > 0);
    BOOST_TEST(number("SELECT COUNT(*) FROM point_account a WHERE balance < 0 OR balance <> "
                      "(SELECT COALESCE(SUM(amount), 0) FROM point_history h WHERE h.user_id = a.user_id)") ==
               0);
    BOOST_TEST(number("SELECT SUM(balance) FROM point_account") == 60 * 50 - paid * 70);
    // Each history row's balance is the sum up to it: the rows of an account were written one after another.
    BOOST_TEST(number("SELECT COUNT(*) FROM (SELECT balance_after, SUM(amount) OVER "
                      "(PARTITION BY user_id ORDER BY id) AS total FROM point_history) h "
                      "WHERE balance_after <> total") == 0);
    BOOST_TEST(number("SELECT COUNT(*) FROM orders WHERE state = 'COMPLETE'") == paid);
    BOOST_TEST(number("SELECT COUNT(*) FROM payment WHERE state = 'SUCCEEDED'") == paid);
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'") == paid);
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PointsCharged'") == 60);
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_event") == number("SELECT COUNT(*) FROM outbox_queue"));
    // The events of an account in id order tell its balances in the order in which they came about.
    BOOST_TEST(
        number("SELECT COUNT(*) FROM (SELECT e.id, LAG(e.id) OVER (PARTITION BY h.user_id ORDER BY h.id) "
               "AS earlier FROM point_history h JOIN outbox_event e ON e.type = 'PointsCharged' "
               "AND e.aggregate_id = h.user_id AND JSON_VALUE(e.payload, '$.balance') = h.balance_after "
               "AND CONCAT('charge:', LOWER(INSERT(INSERT(INSERT(INSERT(HEX(e.event_id), 9, 0, '-'), 14, 0, "
               "'-'), 19, 0, '-'), 24, 0, '-'))) = h.reference) x WHERE id < earlier") == 0);
}

BOOST_AUTO_TEST_CASE(stock_is_sold_to_the_last_piece_and_never_twice) {
    constexpr int kPieces = 100;
    const auto user = verbs.userWith("ann", 0);
    const auto mug = verbs.product("mug", 1, kPieces);
    const auto pen = verbs.product("pen", 1, kPieces);
    std::atomic<int> sold{0};
    std::atomic<int> refused{0};
    crowd(16, [&](int number) {
        for (int i = 0; i < 10; ++i) {
            // Half of the crowd names the products the other way round: no deadlock comes of it.
            auto lines = std::vector<PlaceOrder::Line>{{mug, 1}, {pen, 1}};
            if (number % 2 == 1) std::swap(lines[0], lines[1]);
            const auto result = verbs.place(user, lines);
            if (std::holds_alternative<Order>(result)) ++sold;
            if (std::holds_alternative<OutOfStock>(result)) ++refused;
        }
    });
    BOOST_TEST(sold == kPieces);
    BOOST_TEST(refused == 160 - kPieces);
    BOOST_TEST(number("SELECT SUM(quantity) FROM stock_slot") == 0);
    BOOST_TEST(number("SELECT SUM(quantity) FROM order_line") == 2 * kPieces);
    BOOST_TEST(number("SELECT COUNT(*) FROM orders") == kPieces);
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_event WHERE type = 'OrderPlaced'") == kPieces);
}

BOOST_AUTO_TEST_CASE(an_order_is_paid_once_whoever_tries) {
    const auto ann = verbs.userWith("ann", 100'000);
    const auto order = verbs.placed(ann, verbs.product("mug", 300, 5));
    std::atomic<int> paid{0};
    std::atomic<int> refused{0};
    crowd(16, [&](int) {
        const auto result = verbs.pay(order, ann);
        if (std::holds_alternative<Paid>(result)) ++paid;
        if (std::holds_alternative<WrongState>(result)) ++refused;
    });
    BOOST_TEST(paid == 1);
    BOOST_TEST(refused == 15);
    BOOST_TEST(reader().balance(ann)->minorUnits() == 99'700);
    BOOST_TEST(number("SELECT COUNT(*) FROM payment") == 1);
    BOOST_TEST(number("SELECT COUNT(*) FROM outbox_event WHERE type = 'PaymentCompleted'") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
