#include "daemon/listeners/listeners.hpp"

#include "daemon/best_sellers_part.hpp"
#include "daemon/listeners/loyalty.hpp"
#include "daemon/listeners/ranking.hpp"
#include "daemon/listeners/receivers.hpp"

namespace outboxd::daemon {

std::vector<std::string> orderTopics(const Settings& settings,
                                     const std::set<std::string, std::less<>>& types) {
    const scheduler::kafka::WirePlan plan(wireSettings(settings.kafka));
    std::set<std::string> topics;
    for (const auto& type : types) topics.insert(plan.topicFor("order", type));
    return {topics.begin(), topics.end()};
}

std::vector<ListenerEntry> listeners(const ListenerParts& parts) {
    std::vector<ListenerEntry> all;
    all.push_back({std::make_unique<RankingListener>(parts.stores.work), rankedTopics(parts.settings)});
    all.push_back(
        {std::make_unique<LoyaltyListener>(parts.stores.work, parts.clock,
                                           commerce::LoyaltyRate{parts.settings.loyalty.rate}, parts.ring),
         orderTopics(parts.settings, {"PaymentCompleted", "PaymentRefunded"})});
    if (auto entry = notification(parts)) all.push_back(std::move(*entry));
    if (auto entry = dataPlatform(parts)) all.push_back(std::move(*entry));
    return all;
}

} // namespace outboxd::daemon
