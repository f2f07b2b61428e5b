// Stock in slots under many hands: never negative, never sold out while there is some, and the sum is exact.
#include "commerce/mysql/audit.hpp"
#include "tests/support/crowd.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/order_verbs.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::crowd;

namespace {

struct Shop : testing::MySqlShop {
    testing::OrderVerbs verbs{unitOfWork()};
    UserId ann = verbs.userWith("ann", 0);

    std::int64_t stock() { return number("SELECT COALESCE(SUM(quantity), 0) FROM stock_slot"); }
    std::int64_t ordered() {
        return number(
            "SELECT COALESCE(SUM(l.quantity), 0) FROM order_line l JOIN orders o ON o.id = l.order_id "
            "WHERE o.state = 'WAITING'");
    }
    std::int64_t adjusted() { return number("SELECT SUM(quantity) FROM stock_adjustment"); }
    // What the books say of stock, by the same statements as the audit's.
    int violations() {
        int found = 0;
        for (const auto& check : mysql::auditChecks()) {
            if (check.name().starts_with("stock"))
                mysql::audit(*database().session(), check, {}, [&](const auto&) { ++found; });
        }
        return found;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(shop_stock, Shop)

BOOST_AUTO_TEST_CASE(sixteen_slots_are_sold_to_the_last_piece) {
    constexpr int kPieces = 500;
    const auto mug = verbs.product("mug", 1, kPieces);
    verbs.spread(mug, 16);
    std::atomic<int> sold{0};
    std::atomic<int> refusedTooEarly{0};
    crowd(32, [&](int number) {
        for (int i = 0; i < 30; ++i) {
            // Several at once, so that towards the end no single slot has enough.
            const auto quantity = 1 + (number + i) % 3;
            const auto result = verbs.place(ann, {{mug, quantity}});
            if (std::holds_alternative<Order>(result)) sold += quantity;
            const auto* refusal = std::get_if<OutOfStock>(&result);
            if (refusal && refusal->available >= refusal->requested) ++refusedTooEarly;
        }
    });
    BOOST_TEST(refusedTooEarly == 0);
    while (std::holds_alternative<Order>(verbs.place(ann, {{mug, 1}}))) ++sold;
    BOOST_TEST(sold == kPieces);
    BOOST_TEST(stock() == 0);
    BOOST_TEST(number("SELECT COUNT(*) FROM stock_slot WHERE quantity < 0") == 0);
    BOOST_TEST(violations() == 0);
}

BOOST_AUTO_TEST_CASE(who_asks_for_no_more_than_there_is_gets_it_however_it_is_spread) {
    // 32 threads want 10 each of 320 pieces, 20 in each of 16 slots: everybody must be served.
    const auto mug = verbs.product("mug", 1, 320);
    verbs.spread(mug, 16);
    std::atomic<int> served{0};
    crowd(32, [&](int) {
        if (std::holds_alternative<Order>(verbs.place(ann, {{mug, 10}}))) ++served;
    });
    BOOST_TEST(served == 32);
    BOOST_TEST(stock() == 0);
}

BOOST_AUTO_TEST_CASE(takes_gifts_adjustments_and_spreading_at_once_lose_nothing) {
    const auto mug = verbs.product("mug", 1, 2000);
    const auto pen = verbs.product("pen", 1, 2000);
    std::atomic<int> refused{0};
    crowd(16, [&](int number) {
        for (int i = 0; i < 20; ++i) {
            const auto product = (number + i) % 2 == 0 ? mug : pen;
            if (number == 0) {
                verbs.spread(product, 1 + (i * 7) % 16);
            } else if (number == 1) {
                verbs.adjust(product, i % 3 == 0 ? -5 : 4);
            } else {
                const auto placed = verbs.place(ann, {{pen, 2}, {mug, 3}});
                if (!std::holds_alternative<Order>(placed)) {
                    ++refused;
                } else if (i % 2 == 0) {
                    verbs.cancel(std::get<Order>(placed).id, ann);
                }
            }
        }
    });
    BOOST_TEST(refused == 0);
    BOOST_TEST(stock() == adjusted() - ordered());
    BOOST_TEST(number("SELECT COUNT(*) FROM stock_slot WHERE quantity < 0") == 0);
    BOOST_TEST(number("SELECT COUNT(*) FROM product p WHERE stock_slots <> "
                      "(SELECT COUNT(*) FROM stock_slot s WHERE s.product_id = p.id)") == 0);
    BOOST_TEST(violations() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
