// Pay, cancel and expire the same order at the same moment, use one coupon twice, order one cart twice: exactly one wins,
// and what is given back is given back once.
#include "tests/support/crowd.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/order_verbs.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;
using outboxd::testing::crowd;

namespace {

// One hour ahead of all others.
class LaterClock final : public core::Clock {
public:
    core::Instant now() const override { return clock_.now() + 1h; }
    core::Timestamp today() const override { return clock_.today() + 1h; }

private:
    core::SystemClock clock_;
};

struct Shop : testing::MySqlShop {
    testing::OrderVerbs verbs{unitOfWork()};
    UserId ann = verbs.userWith("ann", 1'000'000);

    LaterClock later;
    mysql::UnitOfWork fromTheFuture{database(), later};

    core::Timestamp tomorrow() { return clock().today() + 24h; }
    std::int64_t eventsOf(const std::string& type) {
        return number("SELECT COUNT(*) FROM outbox_event WHERE type = '" + type + "'");
    }
    std::int64_t ordersIn(const std::string& state) {
        return number("SELECT COUNT(*) FROM orders WHERE state = '" + state + "'");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(shop_endings, Shop)

BOOST_AUTO_TEST_CASE(an_order_is_paid_cancelled_or_expired_and_its_stock_is_restored_once) {
    constexpr int kOrders = 40;
    const auto mug = verbs.product("mug", 3, 1000);
    std::vector<OrderId> orders;
    for (int i = 0; i < kOrders; ++i) orders.push_back(verbs.placed(ann, mug, 5));
    // For expiry all of them are overdue; for payment and cancel none is.
    std::atomic<int> paid{0}, cancelled{0}, expired{0};
    crowd(9, [&](int number) {
        for (const auto order : orders) {
            if (number % 3 == 0 && std::holds_alternative<Paid>(verbs.pay(order, ann))) ++paid;
            if (number % 3 == 1 && std::holds_alternative<Order>(verbs.cancel(order, ann))) ++cancelled;
            if (number % 3 == 2) expired += expireOrders(fromTheFuture, 1, [] { return false; }).expired;
        }
    });
    BOOST_TEST_MESSAGE("paid " << paid << ", cancelled " << cancelled << ", expired " << expired);
    BOOST_TEST(paid + cancelled + expired == kOrders);
    BOOST_TEST(ordersIn("COMPLETE") == paid);
    BOOST_TEST(ordersIn("CANCELLED") == cancelled);
    BOOST_TEST(ordersIn("EXPIRED") == expired);
    BOOST_TEST(eventsOf("PaymentCompleted") == paid);
    BOOST_TEST(eventsOf("OrderCancelled") == cancelled);
    BOOST_TEST(eventsOf("OrderExpired") == expired);
    BOOST_TEST(number("SELECT COUNT(*) FROM compensation") == cancelled + expired);
    BOOST_TEST(reader().product(mug)->stock == 1000 - 5 * paid);
    BOOST_TEST(reader().balance(ann)->minorUnits() == 1'000'000 - 15 * paid);
}

BOOST_AUTO_TEST_CASE(expiry_does_not_wait_for_who_pays) {
    const auto mug = verbs.product("mug", 3, 10);
    const auto paying = verbs.placed(ann, mug);
    const auto idle = verbs.placed(ann, mug);
    unitOfWork().run([&](Transaction& transaction) {
        transaction.orders().lock(paying);
        const auto round = expireOrders(fromTheFuture, 10, [] { return false; });
        BOOST_TEST(round.seen == 2);
        BOOST_TEST(round.expired == 1);
        return Ending::rollback;
    });
    BOOST_TEST((reader().order(idle)->state == OrderState::expired));
    BOOST_TEST(expireOrders(fromTheFuture, 10, [] { return false; }).expired == 1);
    BOOST_TEST((reader().order(paying)->state == OrderState::expired));
}

BOOST_AUTO_TEST_CASE(one_order_that_cannot_be_ended_does_not_keep_the_others) {
    const auto mug = verbs.product("mug", 3, 10);
    const auto gone = verbs.product("gone", 3, 10);
    verbs.placed(ann, gone);
    const auto good = verbs.placed(ann, mug);
    database().session()->textExecute(
        fmt::format("DELETE FROM stock_slot WHERE product_id = {}", gone.value));
    BOOST_CHECK_THROW(expireOrders(fromTheFuture, 10, [] { return false; }), core::Error);
    BOOST_TEST((reader().order(good)->state == OrderState::expired));
    BOOST_TEST(ordersIn("WAITING") == 1);
}

BOOST_AUTO_TEST_CASE(a_coupon_is_used_by_one_of_many_orders_and_comes_back_for_the_next) {
    const auto mug = verbs.product("mug", 300, 1000);
    const auto coupon = verbs.coupon({DiscountKind::fixed, 100, {}}, tomorrow());
    plant(ann, coupon);
    for (int round = 1; round <= 3; ++round) {
        std::atomic<int> placed{0}, refused{0};
        std::atomic<std::int64_t> winner{0};
        crowd(8, [&](int) {
            const auto result = verbs.placeWith(coupon, ann, {{mug, 1}});
            if (const auto* order = std::get_if<Order>(&result)) {
                ++placed;
                winner = order->id.value;
            }
            if (std::holds_alternative<CouponNotUsable>(result)) ++refused;
        });
        BOOST_TEST(placed == 1);
        BOOST_TEST(refused == 7);
        BOOST_TEST(number("SELECT order_id FROM user_coupon WHERE state = 'USED'") == winner);
        std::atomic<int> cancelled{0};
        crowd(4, [&](int) {
            if (std::holds_alternative<Order>(verbs.cancel({winner}, ann))) ++cancelled;
        });
        BOOST_TEST(cancelled == 1);
    }
    BOOST_TEST(number("SELECT COUNT(*) FROM user_coupon WHERE state = 'AVAILABLE' AND order_id IS NULL") ==
               1);
    BOOST_TEST(reader().product(mug)->stock == 1000);
}

BOOST_AUTO_TEST_CASE(a_cart_is_ordered_once_and_what_comes_in_meanwhile_stays_or_is_ordered) {
    const auto mug = verbs.product("mug", 1, 100'000);
    const auto pen = verbs.product("pen", 1, 100'000);
    for (int round = 0; round < 10; ++round) {
        verbs.put(ann, mug, 7);
        std::atomic<int> ordered{0}, empty{0};
        crowd(6, [&](int number) {
            if (number == 0) {
                verbs.add(ann, pen, 5);
                return;
            }
            const auto result = verbs.orderCart(ann);
            if (std::holds_alternative<Order>(result)) ++ordered;
            if (std::holds_alternative<CartEmpty>(result)) ++empty;
        });
        BOOST_TEST((ordered == 1 || ordered == 2));
        BOOST_TEST(ordered + empty == 5);
    }
    const auto of = [&](const std::string& table, ProductId product) {
        return number(fmt::format("SELECT COALESCE(SUM(quantity), 0) FROM {} WHERE product_id = {}", table,
                                  product.value));
    };
    BOOST_TEST(of("order_line", mug) == 70);
    BOOST_TEST(of("cart_item", mug) == 0);
    BOOST_TEST(of("order_line", pen) + of("cart_item", pen) == 50);
}

BOOST_AUTO_TEST_CASE(a_cart_never_holds_more_products_than_an_order_takes) {
    std::vector<ProductId> products;
    for (int i = 0; i < 130; ++i) products.push_back(verbs.product(fmt::format("p{}", i), 1, 10));
    crowd(13, [&](int number) {
        for (std::size_t i = 0; i < 10; ++i)
            verbs.put(ann, products[static_cast<std::size_t>(number) * 10 + i], 1);
    });
    BOOST_TEST(number("SELECT COUNT(*) FROM cart_item") == 100);
    BOOST_TEST(std::holds_alternative<Order>(verbs.orderCart(ann)));
}

BOOST_AUTO_TEST_SUITE_END()
