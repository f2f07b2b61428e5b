#include "commerce/mysql/claim_upkeep.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

namespace {

// False if Redis is not there: no failure of the job, as nothing depends on it; the node's health says it.
bool tell(commerce::redis::ClaimFilter& filter, database::Database& database,
          const commerce::mysql::SoldOutCoupon& coupon) {
    const auto claimants = [&](commerce::UserId after) {
        return commerce::mysql::claimantsAfter(database, coupon.id, after);
    };
    try {
        if (filter.confirm(coupon.id, coupon.version)) return true;
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::unavailable) throw;
        return false;
    }
    filter.restore(coupon.id, coupon.version, claimants);
    return true;
}

} // namespace

scheduler::Job couponFilter(const JobParts& parts, CouponPart& coupons) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, &filter = *coupons.redisFilter](const scheduler::JobContext& context) {
                for (const auto& coupon : commerce::mysql::soldOutCoupons(parts.stores.work)) {
                    if (context.cancelled.stop_requested()) return;
                    if (!tell(filter, parts.stores.work, coupon)) return;
                }
            }};
}

} // namespace outboxd::daemon
