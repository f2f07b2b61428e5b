#include "commerce/coupons.hpp"

#include "commerce/coupon_events.hpp"

#include <algorithm>
#include <iterator>

namespace outboxd::commerce {
namespace {

constexpr std::int64_t kMostCoupons = 10'000'000;
constexpr std::int64_t kMostPercent = 100;
constexpr core::Timestamp kEarliest{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};

} // namespace

void CreateCoupon::check(Problems& problems) const {
    problems.length("/name", name, 1, 200);
    if (kind == "FIXED") {
        problems.range("/discount", discount, 1, kMostAmount.minorUnits());
        if (most) problems.add("/most", "belongs to PERCENT alone");
    } else if (kind == "PERCENT") {
        problems.range("/discount", discount, 1, kMostPercent);
        if (most) problems.range("/most", *most, core::Money{1}, kMostAmount);
    } else {
        problems.add("/kind", "must be FIXED or PERCENT");
    }
    problems.range("/total", total, 1, kMostCoupons);
    if (startsAt < kEarliest) problems.add("/startsAt", "must be in the year 2000 or later");
    if (endsAt <= startsAt) problems.add("/endsAt", "must be after startsAt");
}

Coupon createCoupon(Transaction& transaction, const Valid<CreateCoupon>& command) {
    Coupon coupon{.id = {},
                  .name = command->name,
                  .discount = {discountKindFrom(command->kind), command->discount, command->most},
                  .total = command->total,
                  .startsAt = command->startsAt,
                  .endsAt = command->endsAt};
    coupon.id = transaction.coupons().add(coupon);
    return coupon;
}

Decided decideClaims(Transaction& transaction, CouponId id, ClaimId after, std::size_t most) {
    Decided decided{.last = after};
    const auto coupon = transaction.coupons().lock(id);
    if (!coupon) return decided;
    auto winners = transaction.claims().waiting(id, after, most);
    if (winners.empty()) return decided;
    decided.last = winners.back().id;
    decided.more = winners.size() == most;

    const auto left = static_cast<std::size_t>(std::max<std::int64_t>(0, coupon->total - coupon->issued));
    const auto first = winners.begin() + static_cast<std::ptrdiff_t>(std::min(left, winners.size()));
    const std::vector<Claim> losers(first, winners.end());
    winners.erase(first, winners.end());
    const auto now = transaction.clock().today();
    if (!winners.empty()) {
        transaction.claims().issue(id, winners, now);
        transaction.outbox().addAll(couponsIssued(transaction.clock(), *coupon, winners, now));
    }
    if (!losers.empty()) {
        transaction.claims().refuse(losers, now);
        transaction.outbox().add(couponSoldOut(transaction.clock(), *coupon, losers, now));
    }
    decided.issued = winners.size();
    decided.soldOut = losers.size();
    return decided;
}

} // namespace outboxd::commerce
