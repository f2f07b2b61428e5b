// What the jobs around the queue of claims ask the database.
#pragma once

#include "commerce/coupon.hpp"
#include "platform/database/database.hpp"

#include <vector>

namespace outboxd::commerce::mysql {

// The coupons for which claims wait.
std::vector<CouponId> couponsWithClaims(database::Database& database);

struct SoldOutCoupon {
    CouponId id;
    std::int64_t version = 0;
};
// Those that could still be claimed if there were any left.
std::vector<SoldOutCoupon> soldOutCoupons(database::Database& database);

// The first users with an id above `after`, ascending, who have a claim for the coupon.
std::vector<UserId> claimantsAfter(database::Database& database, CouponId coupon, UserId after);

} // namespace outboxd::commerce::mysql
