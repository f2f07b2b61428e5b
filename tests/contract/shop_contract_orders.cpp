// What the contract promises about carts, stock in slots and its history, lists of orders, and how they end.
#include "commerce/cart_ports.hpp"
#include "tests/contract/shop_contract.hpp"
#include "tests/support/order_verbs.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::keeping;
using outboxd::testing::OrderVerbs;
using outboxd::testing::Shops;
using Numbers = std::vector<std::int64_t>;

BOOST_AUTO_TEST_SUITE(shop_contract_orders)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cart_holds_each_product_once, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto bob = verbs.userWith("bob", 0);
    const auto mug = verbs.product("mug", 300, 5);
    const auto pen = verbs.product("pen", 20, 9);
    const auto at = shop.reader().user(ann)->createdAt;
    const auto cartOf = [&](UserId user) {
        Numbers seen;
        const auto items = keeping(shop, [&](Transaction& t) { return t.carts().lock(user); }).value();
        for (const auto& [product, quantity] : items) {
            seen.push_back(product.value);
            seen.push_back(quantity);
        }
        return seen;
    };
    keeping(shop, [&](Transaction& t) {
        t.carts().put(ann, {pen, 2}, at);
        t.carts().put(ann, {mug, 3}, at);
        t.carts().put(ann, {pen, 7}, at);
        t.carts().put(bob, {pen, 1}, at);
        return 0;
    });
    BOOST_TEST(cartOf(ann) == (Numbers{mug.value, 3, pen.value, 7}), boost::test_tools::per_element());
    const auto seen = shop.reader().cart(ann).value();
    BOOST_REQUIRE(seen.items.size() == 2);
    BOOST_TEST((seen.items[0].product.id == mug));
    BOOST_TEST(seen.items[0].product.name == "mug");
    BOOST_TEST(seen.items[0].product.stock == 5);
    BOOST_TEST(seen.items[1].quantity == 7);
    BOOST_TEST(seen.total->minorUnits() == 1040);
    keeping(shop, [&](Transaction& t) {
        t.carts().remove(ann, mug);
        t.carts().remove(ann, mug);
        t.carts().clear(bob);
        return 0;
    });
    BOOST_TEST(cartOf(ann) == (Numbers{pen.value, 7}), boost::test_tools::per_element());
    BOOST_TEST(cartOf(bob).empty());
    BOOST_TEST(shop.reader().cart(bob)->total->minorUnits() == 0);
    const UserId nobody{bob.value + 1};
    BOOST_TEST(!keeping(shop, [&](Transaction& t) { return t.carts().lock(nobody); }).has_value());
    BOOST_TEST(!shop.reader().cart(nobody).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(stock_in_slots_is_one_stock, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto mug = verbs.product("mug", 300, 10);
    const auto pen = verbs.product("pen", 20, 9);
    const auto found = [&] {
        return keeping(shop, [&](Transaction& t) { return t.products().find({mug}); }).at(0);
    };
    const auto stale = found();
    BOOST_TEST(stale.slots == 1);
    for (const int slots : {4, 16, 64, 3, 1, 7}) {
        verbs.spread(mug, slots);
        BOOST_TEST(found().slots == slots);
        BOOST_TEST(found().stock == 10, slots);
    }
    const auto take = [&](const Product& product, std::int64_t quantity) {
        return keeping(shop, [&](Transaction& t) { return t.products().take(product, quantity); });
    };
    // No slot has more than two: nine come out of several, whatever the caller believes about them.
    BOOST_TEST(!take(found(), 11));
    BOOST_TEST(take(stale, 9));
    BOOST_TEST(!take(found(), 2));
    BOOST_TEST(take(found(), 1));
    keeping(shop, [&](Transaction& t) {
        t.products().giveBack({{mug, 6}, {pen, 1}});
        return 0;
    });
    const auto spread = found();
    verbs.spread(mug, 1);
    BOOST_TEST(take(spread, 5)); // from slots that are not there any more
    BOOST_TEST(found().stock == 1);
    BOOST_TEST(shop.reader().product(pen)->stock == 10);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_history_of_stock_is_paged_newest_first, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto mug = verbs.product("mug", 300, 10);
    const auto pen = verbs.product("pen", 20, 9);
    verbs.adjust(mug, 5);
    verbs.adjust(pen, 1);
    const auto last = std::get<StockAdjustment>(verbs.adjust(mug, -3));
    const auto first = shop.reader().adjustments(mug, {std::nullopt, 2});
    BOOST_REQUIRE(first.items.size() == 2);
    BOOST_TEST((first.items[0].id == last.id));
    BOOST_TEST((first.items[0].product == mug));
    BOOST_TEST(first.items[0].quantity == -3);
    BOOST_TEST(first.items[0].reason == "counted");
    BOOST_TEST(first.items[0].madeBy == "clerk");
    BOOST_TEST((first.items[0].at == last.at));
    const auto rest = shop.reader().adjustments(mug, {first.next, 2});
    BOOST_REQUIRE(rest.items.size() == 1);
    BOOST_TEST(rest.items[0].quantity == 10);
    BOOST_TEST(!rest.next.has_value());
    BOOST_TEST(shop.reader().adjustments(ProductId{4711}, {}).items.empty());
    BOOST_TEST(shop.reader().product(mug)->stock == 12);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(orders_of_a_user_are_paged_newest_first_with_their_lines, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto bob = verbs.userWith("bob", 0);
    const auto mug = verbs.product("mug", 300, 100);
    const auto pen = verbs.product("pen", 20, 100);
    std::vector<OrderId> made;
    for (int i = 1; i <= 5; ++i) {
        made.insert(made.begin(), std::get<Order>(verbs.place(ann, {{mug, i}, {pen, 1}})).id);
        verbs.placed(bob, mug);
    }
    verbs.cancel(made[1], ann);
    PageRequest request{.cursor = std::nullopt, .limit = 2};
    std::vector<OrderId> seen;
    do {
        const auto page = shop.reader().orders(ann, std::nullopt, request);
        for (const auto& order : page.items) {
            seen.push_back(order.id);
            BOOST_REQUIRE(order.lines.size() == 2);
            BOOST_TEST(order.lines[0].quantity == static_cast<std::int64_t>(6 - seen.size()));
            BOOST_TEST((order.user == ann));
        }
        request.cursor = page.next;
    } while (request.cursor);
    BOOST_TEST((seen == made));
    const auto cancelled = shop.reader().orders(ann, OrderState::cancelled, {});
    BOOST_REQUIRE(cancelled.items.size() == 1);
    BOOST_TEST((cancelled.items[0].id == made[1]));
    const auto waiting = shop.reader().orders(ann, OrderState::waiting, {std::nullopt, 3});
    BOOST_TEST(waiting.items.size() == 3u);
    BOOST_TEST(shop.reader().orders(ann, OrderState::waiting, {waiting.next, 3}).items.size() == 1u);
    BOOST_TEST(shop.reader().orders(UserId{4711}, std::nullopt, {}).items.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(overdue_orders_are_the_waiting_ones_oldest_first, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 1000);
    const auto mug = verbs.product("mug", 30, 100);
    const auto first = std::get<Order>(verbs.place(ann, {{mug, 1}}));
    const auto second = std::get<Order>(verbs.place(ann, {{mug, 1}}));
    verbs.pay(verbs.placed(ann, mug), ann);
    const auto at = second.expiresAt;
    const auto overdue = [&](core::Timestamp now, int limit) {
        return keeping(shop, [&](Transaction& t) { return t.orders().overdue(now, limit); });
    };
    const auto day = std::chrono::hours{24};
    BOOST_TEST(overdue(first.expiresAt - std::chrono::microseconds{1}, 9).empty());
    BOOST_TEST((overdue(at + day, 9) == std::vector{first.id, second.id}));
    BOOST_TEST((overdue(at + day, 1) == std::vector{first.id}));
    BOOST_TEST((overdue(first.expiresAt, 1) == std::vector{first.id}));
    const auto locked = keeping(shop, [&](Transaction& t) { return t.orders().lockIfFree(first.id); });
    BOOST_TEST((locked->id == first.id));
    BOOST_TEST(locked->lines.size() == 1u);
    BOOST_TEST(
        !keeping(shop, [&](Transaction& t) { return t.orders().lockIfFree(OrderId{4711}); }).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cancel_is_requested_of_an_order_that_is_being_paid, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto order = verbs.placed(ann, verbs.product("mug", 30, 100));
    const auto request = [&] {
        return keeping(shop, [&](Transaction& t) { return t.orders().requestCancel(order); });
    };
    BOOST_TEST(!request());
    BOOST_TEST(!shop.reader().order(order)->cancelRequested);
    keeping(shop, [&](Transaction& t) {
        return t.orders().move(order, OrderState::waiting, OrderState::paying, std::nullopt);
    });
    BOOST_TEST(request());
    BOOST_TEST(request());
    BOOST_TEST(shop.reader().order(order)->cancelRequested);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(from_cart_and_coupon_to_the_cancelled_order, Shop, Shops) {
    Shop shop;
    OrderVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 1000);
    const auto mug = verbs.product("mug", 300, 5);
    const auto pen = verbs.product("pen", 20, 9);
    const auto coupon = verbs.coupon({DiscountKind::percent, 50, core::Money{200}},
                                     shop.reader().user(ann)->createdAt + std::chrono::hours{24});
    shop.plant(ann, coupon);
    verbs.put(ann, mug, 2);
    verbs.add(ann, pen, 1);
    const auto order = std::get<Order>(verbs.orderCart(ann, coupon));
    BOOST_TEST(order.discount.minorUnits() == 200);
    BOOST_TEST(order.total.minorUnits() == 420);
    const auto stored = shop.reader().order(order.id).value();
    BOOST_TEST(stored.discount.minorUnits() == 200);
    BOOST_TEST((stored.coupon == coupon));
    BOOST_TEST(shop.reader().cart(ann)->items.empty());
    BOOST_TEST(std::holds_alternative<CartEmpty>(verbs.orderCart(ann)));
    BOOST_TEST(std::holds_alternative<CouponNotUsable>(verbs.placeWith(coupon, ann, {{pen, 1}})));
    BOOST_TEST((std::get<Order>(verbs.cancel(order.id, ann)).state == OrderState::cancelled));
    BOOST_TEST(std::holds_alternative<WrongState>(verbs.cancel(order.id, ann)));
    BOOST_TEST(shop.reader().product(mug)->stock == 5);
    const auto again = std::get<Order>(verbs.placeWith(coupon, ann, {{pen, 1}}));
    BOOST_TEST(std::get<Paid>(verbs.pay(again.id, ann)).balance.minorUnits() == 990);
    std::vector<std::string> types;
    for (const auto& event : shop.events()) types.push_back(event.type);
    BOOST_TEST(types == (std::vector<std::string>{"PointsCharged", "OrderPlaced", "OrderCancelled",
                                                  "OrderPlaced", "PaymentCompleted"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
