// First-come coupons as the rules see them.
#pragma once

#include "commerce/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outboxd::commerce {

enum class DiscountKind { fixed, percent };

struct Discount {
    DiscountKind kind = DiscountKind::fixed;
    std::int64_t value = 0;          // fixed: minor units, 1 or more; percent: 1 to 100
    std::optional<core::Money> most; // of a percentage: never more than this

    // What comes off `sum`: never more than the sum itself; percentages are rounded down.
    core::Money of(core::Money sum) const;
};

struct Coupon {
    CouponId id;
    std::string name;
    Discount discount;
    std::int64_t total = 0;   // how many are ever issued
    std::int64_t issued = 0;  // 0 to total
    std::int64_t version = 0; // changes with every issue
    core::Timestamp startsAt; // can be claimed from then on
    core::Timestamp endsAt;   // can be claimed and used before then
};

enum class ClaimState { waiting, issued, sold_out };

// A place in the queue for a coupon. Ids ascend in the order of arrival.
struct Claim {
    ClaimId id;
    CouponId coupon;
    UserId user;
    ClaimState state = ClaimState::waiting;
    core::Timestamp at;
    std::optional<core::Timestamp> decidedAt;
};

enum class UserCouponState { available, used, expired, invalidated };

struct UserCoupon {
    UserCouponId id;
    CouponId coupon;
    UserId user;
    UserCouponState state = UserCouponState::available;
    std::optional<std::string> reason; // of invalidated
    std::optional<OrderId> order;      // that uses it
    core::Timestamp issuedAt;
    std::optional<core::Timestamp> usedAt;
};

// Stable names in UPPER_CASE, as the database and the API spell them; the others throw core::Error(invalid_data) for a
// name that there is not.
std::string_view name(DiscountKind kind);
std::string_view name(ClaimState state);
std::string_view name(UserCouponState state);
DiscountKind discountKindFrom(std::string_view name);
ClaimState claimStateFrom(std::string_view name);
UserCouponState userCouponStateFrom(std::string_view name);

} // namespace outboxd::commerce
