// The ports of coupons on one session. Statements: sql/queries/coupons.sql.
#pragma once

#include "commerce/coupon_ports.hpp"
#include "platform/database/session.hpp"

namespace outboxd::commerce::mysql {

// coupons.coupon_by_id, lock_coupon, coupons_page
Coupon couponFrom(const database::Row& row);

class Coupons final : public commerce::Coupons {
public:
    explicit Coupons(database::Session& session) : session_(session) {}
    CouponId add(const Coupon& coupon) override;
    std::optional<Coupon> find(CouponId id) override;

private:
    database::Session& session_;
};

} // namespace outboxd::commerce::mysql
