// What the rules about coupons need of the place where their rows live; see ports.hpp.
#pragma once

#include "commerce/coupon.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace outboxd::commerce {

class Coupons {
public:
    virtual ~Coupons() = default;
    // `coupon.id`, `issued` and `version` are ignored.
    virtual CouponId add(const Coupon& coupon) = 0;
    // As committed when the call ran, without lock.
    virtual std::optional<Coupon> find(CouponId id) = 0;
    // Locks it until the end of the transaction. Empty if there is none.
    virtual std::optional<Coupon> lock(CouponId id) = 0;
};

// The queue in front of a coupon, as the drain sees it. The caller holds the coupon's lock.
class Claims {
public:
    virtual ~Claims() = default;
    // Those that wait and come after `after`, in the order of arrival, at most `most`; locked until the end of the
    // transaction. One that is being committed in this moment is waited for, so that none behind it is first.
    virtual std::vector<Claim> waiting(CouponId coupon, ClaimId after, std::size_t most) = 0;
    // `winners` wait for `coupon`, and it has as many left: each user gets one, and `issued` and `version` rise.
    virtual void issue(CouponId coupon, const std::vector<Claim>& winners, core::Timestamp at) = 0;
    virtual void refuse(const std::vector<Claim>& losers, core::Timestamp at) = 0;
};

// The coupons that users hold. At most one per coupon and user.
class UserCoupons {
public:
    virtual ~UserCoupons() = default;
    // Locks it until the end of the transaction. Empty if the user does not hold that coupon.
    virtual std::optional<UserCoupon> lock(UserId user, CouponId coupon) = 0;
    // Compare and set from available to used by the order; false if it was not available.
    virtual bool use(UserCouponId id, OrderId order, core::Timestamp at) = 0;
    // Compare and set from used by this very order to available; false if it was not.
    virtual bool giveBack(UserCouponId id, OrderId order) = 0;
};

} // namespace outboxd::commerce
