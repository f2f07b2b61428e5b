// The coupons of the shop in memory; see fake_shop.hpp.
#pragma once

#include "commerce/coupon_ports.hpp"

#include <map>

namespace outboxd::testing {

class FakeCoupons final : public commerce::Coupons {
public:
    using Rows = std::map<commerce::CouponId, commerce::Coupon>;
    FakeCoupons(Rows& rows, std::int64_t& lastId) : rows_(rows), lastId_(lastId) {}

    commerce::CouponId add(const commerce::Coupon& coupon) override {
        const commerce::CouponId id{++lastId_};
        auto& added = rows_[id] = coupon;
        added.id = id;
        added.issued = added.version = 0;
        return id;
    }
    std::optional<commerce::Coupon> find(commerce::CouponId id) override {
        const auto found = rows_.find(id);
        return found == rows_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    Rows& rows_;
    std::int64_t& lastId_;
};

} // namespace outboxd::testing
