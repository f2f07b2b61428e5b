// The view of coupons of the shop in memory.
#pragma once

#include "commerce/coupon_reader.hpp"
#include "tests/support/fake_shop.hpp"

#include <limits>

namespace outboxd::testing {

class FakeCouponReader final : public commerce::CouponReader {
public:
    explicit FakeCouponReader(FakeShop& shop) : shop_(shop) {}

    std::optional<commerce::Coupon> coupon(commerce::CouponId id) override {
        return shop_.with([&](FakeShop::Rows& rows) {
            const auto found = rows.coupons.find(id);
            return found == rows.coupons.end() ? std::nullopt : std::optional{found->second};
        });
    }
    commerce::Page<commerce::Coupon> coupons(const commerce::PageRequest& page) override {
        return shop_.with([&](FakeShop::Rows& rows) {
            commerce::Page<commerce::Coupon> result;
            for (auto it = rows.coupons.upper_bound({page.cursor.value_or(0)}); it != rows.coupons.end();
                 ++it) {
                if (result.items.size() == static_cast<std::size_t>(page.limit)) {
                    result.next = result.items.back().id.value;
                    break;
                }
                result.items.push_back(it->second);
            }
            return result;
        });
    }
    commerce::Page<commerce::HeldCoupon> held(commerce::UserId user,
                                              const commerce::PageRequest& page) override {
        const auto before = page.cursor.value_or(std::numeric_limits<std::int64_t>::max());
        return shop_.with([&](FakeShop::Rows& rows) {
            commerce::Page<commerce::HeldCoupon> result;
            for (auto it = rows.userCoupons.rbegin(); it != rows.userCoupons.rend(); ++it) {
                auto held = it->second;
                if (held.user != user || held.id.value >= before) continue;
                if (result.items.size() == static_cast<std::size_t>(page.limit)) {
                    result.next = result.items.back().held.id.value;
                    break;
                }
                const auto& coupon = rows.coupons.at(held.coupon);
                if (held.state == commerce::UserCouponState::available &&
                    coupon.endsAt <= shop_.clock().today())
                    held.state = commerce::UserCouponState::expired;
                result.items.push_back({held, coupon.name, coupon.endsAt});
            }
            return result;
        });
    }

private:
    FakeShop& shop_;
};

} // namespace outboxd::testing
