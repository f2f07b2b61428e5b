// What a cache in front of the queue of claims knows. It saves work and decides nothing.
#pragma once

#include "commerce/claim_queue.hpp"

#include <vector>

namespace outboxd::commerce {

enum class ClaimHint {
    none,     // ask the database
    claimed,  // the user has a claim, which the database knows
    sold_out, // the coupon is sold out, and the user has no claim
};

// Thread-safe. Its facts come from commits only and it counts nothing, so that losing it, or its server, costs speed
// alone. Never throws.
class ClaimFilter {
public:
    virtual ~ClaimFilter() = default;
    // One hint for each, in order; all `none` while it cannot be asked.
    virtual std::vector<ClaimHint> ask(const std::vector<ClaimRequest>& requests) noexcept = 0;
    // After the commit of their claims.
    virtual void claimed(const std::vector<ClaimRequest>& requests) noexcept = 0;
};

// Knows nothing: every claim goes to the database.
class NoClaimFilter final : public ClaimFilter {
public:
    std::vector<ClaimHint> ask(const std::vector<ClaimRequest>& requests) noexcept override {
        return std::vector<ClaimHint>(requests.size(), ClaimHint::none);
    }
    void claimed(const std::vector<ClaimRequest>&) noexcept override {}
};

} // namespace outboxd::commerce
