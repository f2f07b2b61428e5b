// What the contract promises about giving back: stock, coupons, and each thing once.
#include "commerce/compensation_ports.hpp"
#include "commerce/release.hpp"
#include "tests/contract/shop_contract.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::keeping;
using outboxd::testing::Shops;

namespace {

const CouponId kCoupon{5};

template <class Shop> UserCoupon heldBy(Shop& shop, UserId user) {
    return keeping(shop, [&](Transaction& t) { return t.userCoupons().lock(user, kCoupon); }).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_contract_giving_back)

BOOST_AUTO_TEST_CASE_TEMPLATE(stock_of_several_products_comes_back_at_once, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto mug = verbs.product("mug", 300, 5);
    const auto pen = verbs.product("pen", 20, 0);
    const auto cup = verbs.product("cup", 20, 7);
    keeping(shop, [&](Transaction& t) {
        t.products().giveBack({{mug, 2}, {pen, 3}});
        return 0;
    });
    BOOST_TEST(shop.reader().product(mug)->stock == 7);
    BOOST_TEST(shop.reader().product(pen)->stock == 3);
    BOOST_TEST(shop.reader().product(cup)->stock == 7);
    BOOST_CHECK_THROW(keeping(shop,
                              [&](Transaction& t) {
                                  t.products().giveBack({{mug, 2}, {ProductId{cup.value + 1}, 3}});
                                  return 0;
                              }),
                      core::Error);
    BOOST_TEST(shop.reader().product(mug)->stock == 7);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_compensation_is_added_once_and_completed_once, Shop, Shops) {
    Shop shop;
    const auto add = [&](const std::vector<Compensation>& wanted) {
        std::vector<std::string> keys;
        for (const auto& one :
             keeping(shop, [&](Transaction& t) { return t.compensations().add({7}, wanted); }))
            keys.push_back(one.key);
        return keys;
    };
    const auto mug = stockBack({7}, {{3}, 2});
    const auto coupon = couponBack({7}, {5});
    const auto money = moneyBack({7}, {9}, CompensationState::pending);
    const auto goods = goodsBack({7}, {4}, {{3}, 1});
    using Keys = std::vector<std::string>;
    BOOST_TEST(add({mug, coupon}) == (Keys{"order:7:stock:3", "order:7:coupon:5"}),
               boost::test_tools::per_element());
    BOOST_TEST(add({mug, money, coupon, goods}) == (Keys{"order:7:refund:9", "order:7:return:4:3"}),
               boost::test_tools::per_element());
    BOOST_TEST(add({mug, money, coupon, goods}).empty());
    const auto complete = [&](const Compensation& one) {
        return keeping(shop, [&](Transaction& t) { return t.compensations().complete(one.key); });
    };
    BOOST_TEST(complete(money));
    BOOST_TEST(!complete(money));
    BOOST_TEST(!complete(mug));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_held_coupon_is_used_once_and_comes_back_from_its_own_order, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto bob = verbs.userWith("bob", 0);
    shop.plant(ann, kCoupon);
    const auto held = heldBy(shop, ann);
    BOOST_TEST((held.state == UserCouponState::available));
    BOOST_TEST((held.coupon == kCoupon && held.user == ann));
    BOOST_TEST(
        !keeping(shop, [&](Transaction& t) { return t.userCoupons().lock(bob, kCoupon); }).has_value());
    BOOST_TEST(
        !keeping(shop, [&](Transaction& t) { return t.userCoupons().lock(ann, CouponId{6}); }).has_value());
    const auto now = shop.reader().user(ann)->createdAt;
    const auto use = [&](OrderId order) {
        return keeping(shop, [&](Transaction& t) { return t.userCoupons().use(held.id, order, now); });
    };
    const auto giveBack = [&](OrderId order) {
        return keeping(shop, [&](Transaction& t) { return t.userCoupons().giveBack(held.id, order); });
    };
    BOOST_TEST(!giveBack({7}));
    BOOST_TEST(use({7}));
    BOOST_TEST(!use({8}));
    const auto used = heldBy(shop, ann);
    BOOST_TEST((used.state == UserCouponState::used));
    BOOST_TEST((used.order == OrderId{7}));
    BOOST_TEST((used.usedAt == now));
    BOOST_TEST(!giveBack({8}));
    BOOST_TEST(giveBack({7}));
    BOOST_TEST(!giveBack({7}));
    const auto back = heldBy(shop, ann);
    BOOST_TEST((back.state == UserCouponState::available));
    BOOST_TEST((!back.order && !back.usedAt));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_an_order_held_is_released_once, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto mug = verbs.product("mug", 300, 5);
    const auto pen = verbs.product("pen", 20, 9);
    auto order = std::get<Order>(verbs.place(ann, {{pen, 4}, {mug, 2}}));
    order.coupon = kCoupon;
    shop.plant(ann, kCoupon, UserCouponState::used, order.id);
    for (int i = 0; i < 2; ++i) {
        keeping(shop, [&](Transaction& t) {
            t.orders().lock(order.id);
            release(t, order);
            return 0;
        });
        BOOST_TEST(shop.reader().product(mug)->stock == 5);
        BOOST_TEST(shop.reader().product(pen)->stock == 9);
        BOOST_TEST((heldBy(shop, ann).state == UserCouponState::available));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_coupon_that_was_invalidated_meanwhile_stays_so, Shop, Shops) {
    Shop shop;
    testing::ShopVerbs verbs{shop.unitOfWork()};
    const auto ann = verbs.userWith("ann", 0);
    const auto mug = verbs.product("mug", 300, 5);
    auto order = std::get<Order>(verbs.place(ann, {{mug, 2}}));
    order.coupon = kCoupon;
    shop.plant(ann, kCoupon, UserCouponState::invalidated, order.id);
    keeping(shop, [&](Transaction& t) {
        t.orders().lock(order.id);
        release(t, order);
        return 0;
    });
    BOOST_TEST(shop.reader().product(mug)->stock == 5);
    BOOST_TEST((heldBy(shop, ann).state == UserCouponState::invalidated));
}

BOOST_AUTO_TEST_SUITE_END()
