// Looking at coupons; see shop_reader.hpp.
#pragma once

#include "commerce/coupon.hpp"
#include "commerce/shop_reader.hpp"

namespace outboxd::commerce {

// A coupon in a user's hands. `held.state` is expired, too, if it is available and the coupon has ended.
struct HeldCoupon {
    UserCoupon held;
    std::string name; // the coupon's
    core::Timestamp endsAt;
};

// Thread-safe. Each call sees what is committed when it runs. Throws core::Error: unavailable, overloaded, timeout.
class CouponReader {
public:
    virtual ~CouponReader() = default;

    virtual std::optional<Coupon> coupon(CouponId id) = 0;
    // By id.
    virtual Page<Coupon> coupons(const PageRequest& page) = 0;
    // Newest first; empty for an unknown user.
    virtual Page<HeldCoupon> held(UserId user, const PageRequest& page) = 0;
};

} // namespace outboxd::commerce
