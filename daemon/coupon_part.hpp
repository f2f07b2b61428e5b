// First-come coupons of a node, put together: the API claims, the jobs decide.
#pragma once

#include "commerce/claim_desk.hpp"
#include "commerce/claim_watch.hpp"
#include "commerce/mysql/claim_queue.hpp"
#include "commerce/mysql/coupon_reader.hpp"
#include "commerce/redis/claim_filter.hpp"
#include "daemon/stores.hpp"
#include "platform/metrics/metrics.hpp"

#include <memory>
#include <vector>

namespace outboxd::daemon {

struct CouponPart {
    // `redis`: null if there is none. References must outlive the part.
    CouponPart(const Settings& settings, Stores& stores, const core::Clock& clock, redis::Client* redis,
               metrics::Registry& registry);

    const std::unique_ptr<commerce::redis::ClaimFilter> redisFilter; // null without Redis
    commerce::NoClaimFilter noFilter;
    commerce::mysql::CouponReader reader;
    commerce::mysql::ClaimQueue queue;
    commerce::ClaimDesk desk;
    commerce::ClaimWatch watch;

    // What the drain came to on this node.
    metrics::Counter issued;
    metrics::Counter soldOut;
    metrics::Histogram batchSize;

private:
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
