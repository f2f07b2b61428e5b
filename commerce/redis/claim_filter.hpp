// The filter in front of the queue of claims, in Redis.
//
// One hash per coupon holds all that is known of it: a field per user who has a claim, and the fact that it is sold out.
// They are in one key so that they are lost together: "sold out" without the winners would turn a winner away.
//
//  - A user's field is set after the commit of the claim. One that is missing costs a look into the database.
//  - "Sold out" is set by restore() and confirm() alone, after the commit that made issued = total, for the version that
//    this commit gave the coupon, and only while the hash holds every claimant; it lapses unless confirmed again and
//    again. So a coupon that gets more of its kind, or a Redis whose job has ended, turns nobody away for long.
#pragma once

#include "commerce/claim_filter.hpp"
#include "commerce/reconcile/claim_facts.hpp"
#include "platform/core/clock.hpp"
#include "platform/redis/client.hpp"

#include <atomic>
#include <cstdint>

namespace outboxd::commerce::redis {

// How long "sold out" is believed without being confirmed.
inline constexpr std::chrono::seconds kSoldOutFor{15};

// Thread-safe.
class ClaimFilter final : public commerce::ClaimFilter, public reconcile::ClaimFacts {
public:
    // `prefix` of the keys separates installations that share a Redis. References must outlive the filter.
    ClaimFilter(outboxd::redis::Client& client, const core::Clock& clock, std::string prefix)
        : client_(client), clock_(clock), prefix_(std::move(prefix)) {}

    std::vector<ClaimHint> ask(const std::vector<ClaimRequest>& requests) noexcept override;
    void claimed(const std::vector<ClaimRequest>& requests) noexcept override;

    // The coupon is sold out since `version`. False: Redis does not hold its claimants, restore() is needed. Throws
    // core::Error, as do those that follow.
    bool confirm(CouponId coupon, std::int64_t version);
    // Breaks off without the fact if Redis loses the hash on the way.
    void restore(CouponId coupon, std::int64_t version, const Claimants& claimants) override;

    bool believedSoldOut(CouponId coupon) override;
    std::vector<UserId> believedClaimants(CouponId coupon, std::string& cursor) override;
    std::vector<UserId> missing(CouponId coupon, const std::vector<UserId>& users) override;
    void forget(CouponId coupon) override;

    // Calls that failed since construction.
    std::uint64_t failures() const { return failures_.load(); }

private:
    std::string keyOf(CouponId coupon) const;
    bool restsNow() const;
    void failed() noexcept;

    outboxd::redis::Client& client_;
    const core::Clock& clock_;
    const std::string prefix_;
    std::atomic<std::int64_t> restsUntil_{0}; // microseconds of the clock
    std::atomic<std::uint64_t> failures_{0};
};

} // namespace outboxd::commerce::redis
