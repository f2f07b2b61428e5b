// A filter in front of the queue of claims without Redis.
#pragma once

#include "commerce/claim_filter.hpp"

#include <mutex>
#include <set>
#include <utility>

namespace outboxd::testing {

// Knows what the test tells it, and remembers what it was told. Any thread may use it.
class FakeClaimFilter final : public commerce::ClaimFilter {
public:
    void sellOut(commerce::CouponId coupon) {
        const std::lock_guard lock(mutex_);
        soldOut_.insert(coupon);
    }
    void forget() {
        const std::lock_guard lock(mutex_);
        soldOut_.clear();
        claimed_.clear();
    }
    // Believes in a claim that there is not.
    void imagine(const commerce::ClaimRequest& request) {
        const std::lock_guard lock(mutex_);
        claimed_.insert({request.coupon, request.user});
    }
    std::size_t known() const {
        const std::lock_guard lock(mutex_);
        return claimed_.size();
    }

    std::vector<commerce::ClaimHint>
    ask(const std::vector<commerce::ClaimRequest>& requests) noexcept override {
        const std::lock_guard lock(mutex_);
        std::vector<commerce::ClaimHint> hints;
        for (const auto& [coupon, user] : requests) {
            hints.push_back(claimed_.contains({coupon, user}) ? commerce::ClaimHint::claimed
                            : soldOut_.contains(coupon)       ? commerce::ClaimHint::sold_out
                                                              : commerce::ClaimHint::none);
        }
        return hints;
    }
    void claimed(const std::vector<commerce::ClaimRequest>& requests) noexcept override {
        for (const auto& request : requests) imagine(request);
    }

private:
    mutable std::mutex mutex_; // guards what follows
    std::set<std::pair<commerce::CouponId, commerce::UserId>> claimed_;
    std::set<commerce::CouponId> soldOut_;
};

} // namespace outboxd::testing
