#include "api/problems/coupons.hpp"

#include <fmt/format.h>

namespace outboxd::api {

http::Problem problemFor(const commerce::CouponNotFound& refusal) {
    return {404, "coupon_not_found", fmt::format("There is no coupon {}.", refusal.coupon.value)};
}

http::Problem problemFor(const commerce::CouponNotStarted& refusal) {
    return {409, "coupon_not_started",
            fmt::format("The coupon can be claimed from {} on.", core::toRfc3339(refusal.startsAt))};
}

http::Problem problemFor(const commerce::CouponEnded& refusal) {
    return {409, "coupon_ended",
            fmt::format("The coupon could be claimed until {}.", core::toRfc3339(refusal.endsAt))};
}

http::Problem problemFor(const commerce::CouponSoldOut& refusal) {
    return {409, "coupon_sold_out", fmt::format("Coupon {} is sold out.", refusal.coupon.value)};
}

} // namespace outboxd::api
