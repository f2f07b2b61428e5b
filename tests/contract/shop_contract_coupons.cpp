// What every home of the shop's rows promises about coupons.
#include "commerce/coupon_ports.hpp"
#include "tests/contract/shop_contract.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce;
using outboxd::testing::keeping;
using outboxd::testing::Shops;

namespace {

const core::Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} +
                             std::chrono::microseconds{5'400'000'001}};

Coupon springCoupon() {
    return {.id = {},
            .name = "봄 \U0001F338",
            .discount = {DiscountKind::percent, 15, core::Money{5000}},
            .total = 3,
            .startsAt = kStart,
            .endsAt = kStart + std::chrono::hours{1}};
}

template <class Shop> std::optional<Coupon> find(Shop& shop, CouponId id) {
    return keeping(shop, [&](Transaction& t) { return t.coupons().find(id); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_contract_coupons)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_coupon_comes_back_as_it_was_added_with_none_issued, Shop, Shops) {
    Shop shop;
    auto given = springCoupon();
    given.issued = given.version = 2;
    const auto id = keeping(shop, [&](Transaction& t) { return t.coupons().add(given); });
    const auto found = find(shop, id).value();
    BOOST_TEST((found.id == id));
    BOOST_TEST(found.name == given.name);
    BOOST_TEST((found.discount.kind == DiscountKind::percent));
    BOOST_TEST(found.discount.value == 15);
    BOOST_TEST(found.discount.most.value().minorUnits() == 5000);
    BOOST_TEST(found.total == 3);
    BOOST_TEST(found.issued == 0);
    BOOST_TEST(found.version == 0);
    BOOST_TEST((found.startsAt == given.startsAt));
    BOOST_TEST((found.endsAt == given.endsAt));
    BOOST_TEST(!find(shop, CouponId{id.value + 1}).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fixed_discount_has_no_most, Shop, Shops) {
    Shop shop;
    auto given = springCoupon();
    given.discount = {DiscountKind::fixed, 1'000'000'000'000'000, {}};
    const auto id = keeping(shop, [&](Transaction& t) { return t.coupons().add(given); });
    const auto found = find(shop, id).value();
    BOOST_TEST((found.discount.kind == DiscountKind::fixed));
    BOOST_TEST(found.discount.value == 1'000'000'000'000'000);
    BOOST_TEST(!found.discount.most.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
