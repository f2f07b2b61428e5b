#include "commerce/coupon_events.hpp"

#include "commerce/event_json.hpp"

namespace outboxd::commerce {

std::vector<OutboxEvent> couponsIssued(const core::Clock& clock, const Coupon& coupon,
                                       const std::vector<Claim>& winners, core::Timestamp at) {
    std::vector<OutboxEvent> events;
    events.reserve(winners.size());
    for (const auto& winner : winners) {
        EventJson payload;
        payload.field("version", 1)
            .field("couponId", coupon.id)
            .field("claimId", winner.id)
            .field("userId", winner.user)
            .field("issuedAt", at)
            .field("endsAt", coupon.endsAt);
        events.push_back(newEvent(clock, "coupon", coupon.id.value, "CouponIssued", payload, std::nullopt));
    }
    return events;
}

OutboxEvent couponSoldOut(const core::Clock& clock, const Coupon& coupon, const std::vector<Claim>& losers,
                          core::Timestamp at) {
    std::vector<std::int64_t> users;
    users.reserve(losers.size());
    for (const auto& loser : losers) users.push_back(loser.user.value);
    EventJson payload;
    payload.field("version", 1).field("couponId", coupon.id).numbers("userIds", users).field("soldOutAt", at);
    return newEvent(clock, "coupon", coupon.id.value, "CouponSoldOut", payload, std::nullopt);
}

} // namespace outboxd::commerce
