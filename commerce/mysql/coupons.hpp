// The ports of coupons on one session. Statements: sql/queries/coupons.sql, coupon_claims.sql.
#pragma once

#include "commerce/coupon_ports.hpp"
#include "platform/database/session.hpp"

#include <string>

namespace outboxd::commerce::mysql {

// coupons.coupon_by_id, lock_coupon, coupons_page
Coupon couponFrom(const database::Row& row);
// coupon_claims.claim_of_user, decided_claims, lock_waiting
Claim claimFrom(const database::Row& row);

class Coupons final : public commerce::Coupons {
public:
    explicit Coupons(database::Session& session) : session_(session) {}
    CouponId add(const Coupon& coupon) override;
    std::optional<Coupon> find(CouponId id) override;
    std::optional<Coupon> lock(CouponId id) override;

private:
    database::Session& session_;
};

class Claims final : public commerce::Claims {
public:
    explicit Claims(database::Session& session) : session_(session) {}
    std::vector<Claim> waiting(CouponId coupon, ClaimId after, std::size_t most) override;
    void issue(CouponId coupon, const std::vector<Claim>& winners, core::Timestamp at) override;
    void refuse(const std::vector<Claim>& losers, core::Timestamp at) override;

private:
    void decide(const std::string& ids, std::size_t count, ClaimState state, core::Timestamp at);

    database::Session& session_;
};

} // namespace outboxd::commerce::mysql
