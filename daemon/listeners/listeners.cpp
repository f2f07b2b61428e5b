#include "daemon/listeners/listeners.hpp"

#include "daemon/best_sellers_part.hpp"
#include "daemon/listeners/ranking.hpp"

namespace outboxd::daemon {

std::vector<ListenerEntry> listeners(const ListenerParts& parts) {
    std::vector<ListenerEntry> all;
    all.push_back({std::make_unique<RankingListener>(parts.stores.work), rankedTopics(parts.settings)});
    return all;
}

} // namespace outboxd::daemon
