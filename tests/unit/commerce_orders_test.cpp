// The rules of coupons on orders, carts, stock, and how unpaid orders end, over the shop in memory.
#include "tests/support/fake_shop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/order_verbs.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using namespace std::chrono_literals;

namespace {

struct Shop {
    testing::ManualClock clock;
    testing::FakeShop rows{clock};
    testing::OrderVerbs verbs{rows};
    UserId ann = verbs.userWith("ann", 1000);
    UserId bob = verbs.userWith("bob", 1000);
    ProductId mug = verbs.product("mug", 300, 5);
    ProductId pen = verbs.product("pen", 20, 100);

    std::int64_t stockOf(ProductId product) { return rows.product(product)->stock; }
    OrderState stateOf(OrderId order) { return rows.order(order)->state; }
    std::string lastEvent() { return rows.events().back().type; }
    std::string lastPayload() { return rows.events().back().payload.value(); }
    CouponId couponOf(UserId user, const Discount& discount = {DiscountKind::fixed, 100, {}}) {
        const auto coupon = verbs.coupon(discount, clock.today() + 24h);
        rows.plant(user, coupon);
        return coupon;
    }
    void put(OrderId order, OrderState from, OrderState to) {
        rows.run([&](Transaction& transaction) {
            transaction.orders().move(order, from, to, std::nullopt);
            return Ending::commit;
        });
    }
};

bool says(const std::string& payload, const std::string& part) {
    return payload.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(commerce_orders, Shop)

BOOST_AUTO_TEST_CASE(a_coupon_takes_off_its_discount_and_is_used) {
    const auto coupon = couponOf(ann);
    const auto order = std::get<Order>(verbs.placeWith(coupon, ann, {{mug, 1}, {pen, 1}}));
    BOOST_TEST(order.discount.minorUnits() == 100);
    BOOST_TEST(order.total.minorUnits() == 220);
    BOOST_TEST((rows.order(order.id)->coupon == coupon));
    BOOST_TEST(
        says(lastPayload(), R"("total":220,"discount":100,"couponId":)" + std::to_string(coupon.value)));
    const auto again = std::get<CouponNotUsable>(verbs.placeWith(coupon, ann, {{pen, 1}}));
    BOOST_TEST((again.state == UserCouponState::used));
    BOOST_TEST(stockOf(pen) == 99);
}

BOOST_AUTO_TEST_CASE(a_discount_never_passes_the_sum) {
    const auto order = std::get<Order>(verbs.placeWith(couponOf(ann), ann, {{pen, 1}}));
    BOOST_TEST(order.discount.minorUnits() == 20);
    BOOST_TEST(order.total.minorUnits() == 0);
    BOOST_TEST(std::get<Paid>(verbs.pay(order.id, ann)).balance.minorUnits() == 1000);
}

BOOST_AUTO_TEST_CASE(without_a_coupon_the_event_is_as_it_was) {
    verbs.placed(ann, mug);
    BOOST_TEST(!says(lastPayload(), "discount"));
    BOOST_TEST(!says(lastPayload(), "coupon"));
}

BOOST_AUTO_TEST_CASE(a_coupon_that_is_not_ones_own_is_unknown) {
    const auto coupon = couponOf(bob);
    BOOST_TEST((std::get<UnknownCoupon>(verbs.placeWith(coupon, ann, {{mug, 1}})).coupon == coupon));
    BOOST_TEST(std::holds_alternative<UnknownCoupon>(verbs.placeWith(CouponId{4711}, ann, {{mug, 1}})));
    BOOST_TEST(rows.orders(ann, {}, {}).items.empty());
}

BOOST_AUTO_TEST_CASE(a_coupon_that_ended_or_was_invalidated_cannot_be_used) {
    const auto ended = couponOf(ann);
    const auto withdrawn = verbs.coupon({DiscountKind::fixed, 100, {}}, clock.today() + 48h);
    rows.plant(ann, withdrawn, UserCouponState::invalidated);
    clock.advance(24h - 1us);
    const auto early = std::get<Order>(verbs.placeWith(ended, ann, {{mug, 1}})).id;
    verbs.cancel(early, ann);
    clock.advance(1us);
    BOOST_TEST((std::get<CouponNotUsable>(verbs.placeWith(ended, ann, {{mug, 1}})).state ==
                UserCouponState::expired));
    BOOST_TEST((std::get<CouponNotUsable>(verbs.placeWith(withdrawn, ann, {{mug, 1}})).state ==
                UserCouponState::invalidated));
}

BOOST_AUTO_TEST_CASE(cancelling_gives_everything_back_and_says_so) {
    const auto coupon = couponOf(ann);
    const auto order = std::get<Order>(verbs.placeWith(coupon, ann, {{mug, 2}, {pen, 3}})).id;
    BOOST_TEST((std::get<Order>(verbs.cancel(order, ann)).state == OrderState::cancelled));
    BOOST_TEST((stateOf(order) == OrderState::cancelled));
    BOOST_TEST(stockOf(mug) == 5);
    BOOST_TEST(stockOf(pen) == 100);
    BOOST_TEST(lastEvent() == "OrderCancelled");
    BOOST_TEST(rows.events().back().orderKey == std::to_string(order.value));
    BOOST_TEST(says(lastPayload(), R"("reason":"REQUESTED","cancelledAt":)"));
    BOOST_TEST(says(lastPayload(), R"("couponId":)" + std::to_string(coupon.value)));
    BOOST_TEST(std::holds_alternative<Order>(verbs.placeWith(coupon, ann, {{mug, 1}})));
}

BOOST_AUTO_TEST_CASE(only_the_owner_cancels_and_only_once) {
    const auto order = verbs.placed(ann, mug);
    BOOST_TEST(std::holds_alternative<OrderNotFound>(verbs.cancel(order, bob)));
    BOOST_TEST(std::holds_alternative<OrderNotFound>(verbs.cancel(OrderId{4711}, ann)));
    verbs.cancel(order, ann);
    BOOST_TEST((std::get<WrongState>(verbs.cancel(order, ann)).state == OrderState::cancelled));
    const auto paid = verbs.placed(ann, mug);
    verbs.pay(paid, ann);
    BOOST_TEST((std::get<WrongState>(verbs.cancel(paid, ann)).state == OrderState::complete));
    BOOST_TEST(stockOf(mug) == 4);
}

BOOST_AUTO_TEST_CASE(an_order_that_is_being_paid_is_marked_and_keeps_what_it_holds) {
    const auto order = verbs.placed(ann, mug, 2);
    put(order, OrderState::waiting, OrderState::paying);
    const auto before = rows.events().size();
    for (int i = 0; i < 2; ++i) {
        const auto marked = std::get<Order>(verbs.cancel(order, ann));
        BOOST_TEST((marked.state == OrderState::paying));
        BOOST_TEST(marked.cancelRequested);
    }
    BOOST_TEST(rows.order(order)->cancelRequested);
    BOOST_TEST(stockOf(mug) == 3);
    BOOST_TEST(rows.events().size() == before);
}

BOOST_AUTO_TEST_CASE(unpaid_orders_expire_oldest_first_and_give_everything_back) {
    const auto coupon = couponOf(ann);
    const auto first = std::get<Order>(verbs.placeWith(coupon, ann, {{mug, 1}})).id;
    clock.advance(1s);
    const auto second = verbs.placed(ann, mug);
    clock.advance(15min - 1s - 1us);
    BOOST_TEST(verbs.expire().seen == 0);
    clock.advance(1us);
    BOOST_TEST(verbs.expire().expired == 1);
    BOOST_TEST((stateOf(first) == OrderState::expired));
    BOOST_TEST((stateOf(second) == OrderState::waiting));
    BOOST_TEST(stockOf(mug) == 4);
    BOOST_TEST(lastEvent() == "OrderExpired");
    BOOST_TEST(says(lastPayload(), R"("couponId":)" + std::to_string(coupon.value) + R"(,"expiresAt":)"));
    clock.advance(1s);
    BOOST_TEST(verbs.expire().expired == 1);
    BOOST_TEST(verbs.expire().seen == 0);
    BOOST_TEST(stockOf(mug) == 5);
    BOOST_TEST((std::get<WrongState>(verbs.cancel(first, ann)).state == OrderState::expired));
}

BOOST_AUTO_TEST_CASE(expiry_leaves_alone_what_is_paid_or_being_paid_and_ends_so_many_at_once) {
    const auto paid = verbs.placed(ann, mug);
    verbs.pay(paid, ann);
    const auto paying = verbs.placed(ann, mug);
    put(paying, OrderState::waiting, OrderState::paying);
    for (int i = 0; i < 3; ++i) verbs.placed(ann, pen);
    clock.advance(1h);
    BOOST_TEST(verbs.expire(2).expired == 2);
    BOOST_TEST(verbs.expire(2).expired == 1);
    BOOST_TEST((stateOf(paid) == OrderState::complete));
    BOOST_TEST((stateOf(paying) == OrderState::paying));
    const auto stopped = expireOrders(rows, 10, [] { return true; });
    BOOST_TEST(stopped.expired == 0);
}

BOOST_AUTO_TEST_CASE(a_cart_is_filled_changed_and_ordered) {
    BOOST_TEST(std::get<Pieces>(verbs.put(ann, mug, 2)).quantity == 2);
    BOOST_TEST(std::get<Pieces>(verbs.put(ann, mug, 1)).quantity == 1);
    BOOST_TEST(std::get<Pieces>(verbs.add(ann, pen, 2)).quantity == 2);
    BOOST_TEST(std::get<Pieces>(verbs.add(ann, pen, 3)).quantity == 5);
    BOOST_TEST(rows.cart(ann)->total->minorUnits() == 400);
    const auto order = std::get<Order>(verbs.orderCart(ann));
    BOOST_TEST(order.total.minorUnits() == 400);
    BOOST_TEST(order.lines.size() == 2u);
    BOOST_TEST(rows.cart(ann)->items.empty());
    BOOST_TEST(std::holds_alternative<CartEmpty>(verbs.orderCart(ann)));
    BOOST_TEST(stockOf(pen) == 95);
}

BOOST_AUTO_TEST_CASE(a_refused_cart_order_leaves_the_cart) {
    verbs.put(ann, mug, 6);
    BOOST_TEST(std::holds_alternative<OutOfStock>(verbs.orderCart(ann)));
    BOOST_TEST(rows.cart(ann)->items.size() == 1u);
    BOOST_TEST(std::holds_alternative<UnknownCoupon>(verbs.orderCart(ann, CouponId{4711})));
    verbs.put(ann, mug, 5);
    const auto order = std::get<Order>(verbs.orderCart(ann, couponOf(ann)));
    BOOST_TEST(order.total.minorUnits() == 1400);
}

BOOST_AUTO_TEST_CASE(a_cart_takes_a_hundred_products_and_a_million_of_each) {
    for (std::size_t i = 0; i < kMostInCart; ++i) verbs.put(ann, verbs.product("p", 1, 1), 1);
    BOOST_TEST(std::holds_alternative<CartFull>(verbs.put(ann, mug, 1)));
    BOOST_TEST(std::holds_alternative<CartFull>(verbs.add(ann, mug, 1)));
    const auto there = rows.cart(ann)->items.front().product.id;
    BOOST_TEST(std::holds_alternative<Pieces>(verbs.put(ann, there, 999'999)));
    BOOST_TEST(std::get<Pieces>(verbs.add(ann, there, 1)).quantity == 1'000'000);
    BOOST_TEST(std::get<CartQuantityTooLarge>(verbs.add(ann, there, 1)).quantity == 1'000'000);
    verbs.remove(ann, there);
    BOOST_TEST(std::holds_alternative<Pieces>(verbs.put(ann, mug, 1)));
    BOOST_TEST(std::holds_alternative<ProductNotFound>(verbs.put(bob, ProductId{4711}, 1)));
    BOOST_TEST(std::holds_alternative<UserNotFound>(verbs.put(UserId{4711}, mug, 1)));
    BOOST_TEST(std::holds_alternative<UserNotFound>(verbs.remove(UserId{4711}, mug)));
    BOOST_TEST(std::holds_alternative<UserNotFound>(verbs.orderCart(UserId{4711})));
}

BOOST_AUTO_TEST_CASE(a_cart_dearer_than_any_order_has_no_total) {
    verbs.put(ann, verbs.product("yacht", kMostAmount.minorUnits(), 1), 1'000'000);
    BOOST_TEST(!rows.cart(ann)->total.has_value());
    BOOST_TEST(std::holds_alternative<TotalTooLarge>(verbs.orderCart(ann)));
}

BOOST_AUTO_TEST_CASE(stock_is_adjusted_with_a_history_that_begins_with_the_first_stock) {
    BOOST_TEST(std::get<StockAdjustment>(verbs.adjust(mug, 7)).quantity == 7);
    BOOST_TEST(std::get<StockAdjustment>(verbs.adjust(mug, -12)).madeBy == "clerk");
    const auto refused = std::get<OutOfStock>(verbs.adjust(mug, -1));
    BOOST_TEST(refused.requested == 1);
    BOOST_TEST(refused.available == 0);
    BOOST_TEST(std::holds_alternative<ProductNotFound>(verbs.adjust(ProductId{4711}, 1)));
    std::vector<std::int64_t> history;
    for (const auto& entry : rows.adjustments(mug, {}).items) history.push_back(entry.quantity);
    BOOST_TEST(history == (std::vector<std::int64_t>{-12, 7, 5}), boost::test_tools::per_element());
    BOOST_TEST(rows.adjustments(mug, {}).items.back().reason == "first stock");
    BOOST_TEST(stockOf(mug) == 0);
}

BOOST_AUTO_TEST_CASE(commands_about_carts_and_stock_have_their_bounds) {
    const auto bad = [](auto command) { return std::holds_alternative<Invalid>(validate(command)); };
    for (const std::int64_t slots : {0, 65}) BOOST_TEST(bad(SpreadStock{mug, slots}));
    for (const std::int64_t quantity : {0L, 1'000'000'000'001L, -1'000'000'000'001L})
        BOOST_TEST(bad(AdjustStock{mug, quantity, "r", "c"}));
    BOOST_TEST(bad(AdjustStock{mug, 1, "", "c"}));
    BOOST_TEST(bad(AdjustStock{mug, 1, std::string(192, 'r'), "c"}));
    for (const std::int64_t quantity : {-1, 0, 1'000'001}) {
        BOOST_TEST(bad(PutInCart{ann, {mug, quantity}}));
        BOOST_TEST(bad(AddToCart{ann, {mug, quantity}}));
    }
    BOOST_TEST(bad(OrderCart{ann, CouponId{0}, {}}));
    BOOST_TEST(std::holds_alternative<ProductNotFound>(verbs.spread(ProductId{4711}, 2)));
}

BOOST_AUTO_TEST_SUITE_END()
