// The coupons of the shop in memory, as its transactions see them; see fake_shop.hpp.
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
    std::optional<commerce::Coupon> lock(commerce::CouponId id) override { return find(id); }

private:
    Rows& rows_;
    std::int64_t& lastId_;
};

// `Rows`: FakeShop::Rows.
template <class Rows> class FakeClaims final : public commerce::Claims {
public:
    explicit FakeClaims(Rows& rows) : rows_(rows) {}

    std::vector<commerce::Claim> waiting(commerce::CouponId coupon, commerce::ClaimId after,
                                         std::size_t most) override {
        std::vector<commerce::Claim> found;
        for (auto it = rows_.claims.upper_bound(after); it != rows_.claims.end() && found.size() < most;
             ++it) {
            if (it->second.coupon == coupon && it->second.state == commerce::ClaimState::waiting)
                found.push_back(it->second);
        }
        return found;
    }
    void issue(commerce::CouponId coupon, const std::vector<commerce::Claim>& winners,
               core::Timestamp at) override {
        for (const auto& winner : winners) {
            decide(winner, commerce::ClaimState::issued, at);
            const commerce::UserCouponId id{++rows_.lastId};
            auto& held = rows_.userCoupons[id];
            held.id = id;
            held.coupon = coupon;
            held.user = winner.user;
            held.issuedAt = at;
        }
        rows_.coupons.at(coupon).issued += static_cast<std::int64_t>(winners.size());
        ++rows_.coupons.at(coupon).version;
    }
    void refuse(const std::vector<commerce::Claim>& losers, core::Timestamp at) override {
        for (const auto& loser : losers) decide(loser, commerce::ClaimState::sold_out, at);
    }

private:
    void decide(const commerce::Claim& claim, commerce::ClaimState state, core::Timestamp at) {
        rows_.claims.at(claim.id).state = state;
        rows_.claims.at(claim.id).decidedAt = at;
    }
    Rows& rows_;
};

} // namespace outboxd::testing
