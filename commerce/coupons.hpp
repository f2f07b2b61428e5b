// Making coupons, and deciding who gets them. Claiming: claim_desk.hpp. Reading: coupon_reader.hpp.
//
// Exactly min(total, valid claimants) are issued: a claim is a row of the queue before it is acknowledged, and only
// decideClaims() turns waiting ones into won or lost ones, in the order of their ids, while it holds the coupon's row.
#pragma once

#include "commerce/coupon_ports.hpp"
#include "commerce/ports.hpp"
#include "commerce/valid.hpp"

namespace outboxd::commerce {

struct CreateCoupon {
    std::string name;                // /name, 1 to 200 characters
    std::string kind;                // /kind, FIXED or PERCENT
    std::int64_t discount = 0;       // /discount, FIXED: 1 to 10^15 minor units; PERCENT: 1 to 100
    std::optional<core::Money> most; // /most, of PERCENT only, 1 to 10^15
    std::int64_t total = 0;          // /total, 1 to 10^7
    core::Timestamp startsAt;        // /startsAt, in the year 2000 or later
    core::Timestamp endsAt;          // /endsAt, after startsAt

    void check(Problems& problems) const;
};

Coupon createCoupon(Transaction& transaction, const Valid<CreateCoupon>& command);

// What one batch came to.
struct Decided {
    std::size_t issued = 0;
    std::size_t soldOut = 0;
    ClaimId last;      // the next batch of the same run begins after it
    bool more = false; // the batch was full
};

// Decides the claims that wait for `coupon` after `after`, at most `most` of them: as many win as are left, the others
// lose only if none is left. A claim that was in time counts, however late it is decided. Events: CouponIssued per
// winner, one CouponSoldOut for all losers of the batch.
Decided decideClaims(Transaction& transaction, CouponId coupon, ClaimId after, std::size_t most);

} // namespace outboxd::commerce
