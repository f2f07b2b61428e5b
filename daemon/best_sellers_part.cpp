#include "daemon/best_sellers_part.hpp"

#include "daemon/listeners/listeners.hpp"

#include <fmt/ranges.h>

namespace outboxd::daemon {
namespace {

using Figures = commerce::BestSellersCache::Figures;

constexpr std::pair<const char*, std::uint64_t Figures::*> kLayers[]{{"copy", &Figures::copy},
                                                                     {"redis", &Figures::store},
                                                                     {"database", &Figures::database},
                                                                     {"fallback", &Figures::fallback},
                                                                     {"failed", &Figures::failed}};

std::optional<commerce::redis::BestSellersStore> storeOn(redis::Client* redis, const Settings& settings) {
    if (!redis) return std::nullopt;
    return commerce::redis::BestSellersStore(*redis, settings.database.name);
}

} // namespace

std::vector<std::string> rankedTopics(const Settings& settings) {
    return orderTopics(settings, {"PaymentCompleted", "PaymentRefunded"});
}

BestSellersPart::BestSellersPart(const Settings& settings, Stores& stores, redis::Client* redis,
                                 const core::Clock& clock, core::Logger& logger, metrics::Registry& registry)
    : topics(fmt::format("{}", fmt::join(rankedTopics(settings), ","))), reader(stores.requests, topics),
      store(storeOn(redis, settings)), cache(reader, store ? &*store : nullptr, clock, logger) {
    using Kind = metrics::Registry::CallbackKind;
    for (const auto& [layer, member] : kLayers) {
        callbacks_.push_back(registry.callback(
            Kind::counter, "outboxd_top5_answers_total", "Where the answers about the best sellers came from",
            {{"layer", layer}},
            [this, member = member] { return static_cast<double>(cache.figures().*member); }));
    }
    callbacks_.push_back(registry.callback(Kind::counter, "outboxd_top5_redis_troubles_total",
                                           "Questions about the best sellers that Redis failed", {}, [this] {
                                               return static_cast<double>(cache.figures().storeTroubles);
                                           }));
}

} // namespace outboxd::daemon
