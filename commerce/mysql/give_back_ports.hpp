// The ports for what an order holds and may give back, on one session.
#pragma once

#include "commerce/compensation_ports.hpp"
#include "commerce/coupon_ports.hpp"
#include "platform/database/session.hpp"

namespace outboxd::commerce::mysql {

class UserCoupons final : public commerce::UserCoupons {
public:
    explicit UserCoupons(database::Session& session) : session_(session) {}
    std::optional<UserCoupon> lock(UserId user, CouponId coupon) override;
    bool use(UserCouponId id, OrderId order, core::Timestamp at) override;
    bool giveBack(UserCouponId id, OrderId order) override;

private:
    database::Session& session_;
};

class Compensations final : public commerce::Compensations {
public:
    explicit Compensations(database::Session& session) : session_(session) {}
    std::vector<Compensation> add(OrderId order, const std::vector<Compensation>& wanted) override;
    bool complete(const std::string& key) override;

private:
    database::Session& session_;
};

} // namespace outboxd::commerce::mysql
