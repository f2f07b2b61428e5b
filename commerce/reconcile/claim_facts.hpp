// What a cache in front of the queue of claims believes (commerce/claim_filter.hpp), for comparing it with the database.
#pragma once

#include "commerce/model.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace outboxd::commerce::reconcile {

// Used by one thread. Every call throws core::Error when the cache does not answer.
class ClaimFacts {
public:
    virtual ~ClaimFacts() = default;
    // Whether it turns users without a claim away now.
    virtual bool believedSoldOut(CouponId coupon) = 0;
    // Some of those that it takes for claimants; from the `cursor` that the call before left, "0" at first and at the end.
    // None is passed over that was there all the time; some may come twice.
    virtual std::vector<UserId> believedClaimants(CouponId coupon, std::string& cursor) = 0;
    // Of `users`, those that it does not take for claimants.
    virtual std::vector<UserId> missing(CouponId coupon, const std::vector<UserId>& users) = 0;

    using Claimants = std::function<std::vector<UserId>(UserId after)>;
    // Forgets everything about the coupon: it costs speed alone.
    virtual void forget(CouponId coupon) = 0;
    // The coupon is sold out since `version`: fills in every claimant, then the fact.
    virtual void restore(CouponId coupon, std::int64_t version, const Claimants& claimants) = 0;
};

} // namespace outboxd::commerce::reconcile
