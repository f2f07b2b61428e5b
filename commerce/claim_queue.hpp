// The durable queue in front of coupons, as those who stand in it see it.
#pragma once

#include "commerce/coupon.hpp"
#include "commerce/points.hpp"

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

namespace outboxd::commerce {

struct ClaimRequest {
    CouponId coupon;
    UserId user;
};

// A claim as it stands.
struct Queued {
    Claim claim;
    // While it waits: how many claims for this coupon are decided up to and with it, at least; see kCountedAhead.
    std::int64_t position = 0;
};
struct CouponNotFound {
    CouponId coupon;
};
struct CouponNotStarted {
    core::Timestamp startsAt;
};
struct CouponEnded {
    core::Timestamp endsAt;
};
struct CouponSoldOut {
    CouponId coupon;
};

using ClaimResult =
    std::variant<Queued, CouponNotFound, UserNotFound, CouponNotStarted, CouponEnded, CouponSoldOut>;

// Positions are estimates from below: counting a queue costs as much as it is long, so only so many claims ahead are
// counted, and of claims that are looked at together only for the first; the others count each other.
inline constexpr std::int64_t kCountedAhead = 1'000;

// Thread-safe. Nothing here belongs to a caller's transaction. Throws core::Error: unavailable, overloaded, timeout,
// contention.
class ClaimQueue {
public:
    virtual ~ClaimQueue() = default;

    // Appends, in their order and in one commit, those that nothing stands against: no claim of the same user yet,
    // coupon and user exist, the coupon is within its time and not sold out by now. Returns how many are new. A claim
    // that was committed before this call began has a lower id than all that are appended by it.
    virtual std::size_t append(const std::vector<ClaimRequest>& requests) = 0;
    // The answer to each, in order: the claim if there is one, else what stands against it. Empty: nothing does.
    virtual std::vector<std::optional<ClaimResult>> look(const std::vector<ClaimRequest>& requests) = 0;
    virtual std::optional<Queued> find(CouponId coupon, UserId user) = 0;
    // Those of `claims` that are decided.
    virtual std::vector<Claim> decided(const std::vector<ClaimId>& claims) = 0;
};

} // namespace outboxd::commerce
