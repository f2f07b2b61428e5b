// The events about coupons; see events.hpp. Their order key is the coupon, whose row the drain holds.
#pragma once

#include "commerce/coupon.hpp"
#include "commerce/ports.hpp"

#include <vector>

namespace outboxd::commerce {

// One per winner, in their order.
std::vector<OutboxEvent> couponsIssued(const core::Clock& clock, const Coupon& coupon,
                                       const std::vector<Claim>& winners, core::Timestamp at);
// One for all of `losers`.
OutboxEvent couponSoldOut(const core::Clock& clock, const Coupon& coupon, const std::vector<Claim>& losers,
                          core::Timestamp at);

} // namespace outboxd::commerce
