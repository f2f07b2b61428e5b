#include "commerce/coupons.hpp"
#include "commerce/mysql/claim_upkeep.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

namespace {

// Where the drain of one run is in the queue of one coupon.
struct Turn {
    commerce::CouponId coupon;
    commerce::ClaimId after = {};
};

std::vector<Turn> turns(database::Database& database) {
    std::vector<Turn> turns;
    for (const auto coupon : commerce::mysql::couponsWithClaims(database)) turns.push_back({coupon});
    return turns;
}

} // namespace

scheduler::Job couponDrain(const JobParts& parts, const ShopSettings::Coupons& settings,
                           CouponPart& coupons) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, &settings, &coupons](const scheduler::JobContext& context) {
                auto unitOfWork = fenced(parts, context);
                // One batch for each coupon in turn, so that a long queue does not hold up a short one.
                for (auto open = turns(parts.stores.work); !open.empty();) {
                    std::vector<Turn> next;
                    for (const auto& turn : open) {
                        if (context.cancelled.stop_requested()) return;
                        const auto decided =
                            commerce::transact(unitOfWork, [&](commerce::Transaction& transaction) {
                                return commerce::decideClaims(transaction, turn.coupon, turn.after,
                                                              settings.drainBatch);
                            });
                        coupons.watch.ring();
                        coupons.issued.increment(static_cast<double>(decided.issued));
                        coupons.soldOut.increment(static_cast<double>(decided.soldOut));
                        coupons.batchSize.observe(static_cast<double>(decided.issued + decided.soldOut));
                        if (decided.more) next.push_back({turn.coupon, decided.last});
                    }
                    open = std::move(next);
                }
            }};
}

} // namespace outboxd::daemon
