// The best sellers of a node, put together: database, Redis, the copy in front.
#pragma once

#include "commerce/best_sellers_cache.hpp"
#include "commerce/mysql/sales.hpp"
#include "commerce/redis/best_sellers_store.hpp"
#include "daemon/stores.hpp"
#include "platform/metrics/metrics.hpp"

#include <optional>
#include <vector>

namespace outboxd::daemon {

// Where the events go from which the ranking is made.
std::vector<std::string> rankedTopics(const Settings& settings);

struct BestSellersPart {
    // `redis` may be null.
    BestSellersPart(const Settings& settings, Stores& stores, redis::Client* redis, const core::Clock& clock,
                    core::Logger& logger, metrics::Registry& registry);

    const std::string topics; // separated by commas
    commerce::mysql::SalesReader reader;
    std::optional<commerce::redis::BestSellersStore> store;
    commerce::BestSellersCache cache;

private:
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
