// The reconciliation of a node, put together: operators order runs on any node, those with the role jobs make them.
#pragma once

#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/mysql/reconcile/run_desk.hpp"
#include "daemon/best_sellers_part.hpp"
#include "daemon/card_part.hpp"
#include "daemon/coupon_part.hpp"
#include "daemon/desk_part.hpp"
#include "daemon/jobs/fenced.hpp"

namespace outboxd::daemon {

class ReconcilePart {
public:
    // Connects to nothing. References must outlive the part.
    ReconcilePart(const Settings& settings, Stores& stores, CouponPart& coupons, CardPart& cards,
                  BestSellersPart& bestSellers, DeskPart& desk, const core::Clock& clock,
                  core::Logger& logger, metrics::Registry& registry);

    // Makes the run that waits longest, if there is one, under the job's lock.
    void makeNext(const JobParts& parts, const scheduler::JobContext& context);
    // Exports what the last run of all checks came to.
    void measure(database::Database& database);

    commerce::mysql::reconcile::MysqlRunDesk runs;

private:
    commerce::reconcile::Checks checks(const commerce::mysql::reconcile::Books& books);

    const Settings& settings_;
    CouponPart& coupons_;
    CardPart& cards_;
    const std::string& rankedTopics_;
    DeskPart& desk_;
    const core::Clock& clock_;
    core::Logger& logger_;
    metrics::Registry& registry_;
    database::Pool looksPool_; // statements that take long, of one run
    database::Database looks_;
};

} // namespace outboxd::daemon
