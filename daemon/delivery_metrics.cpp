#include "daemon/delivery_metrics.hpp"

#include <algorithm>

namespace outboxd::daemon {
namespace {

using Outcome = scheduler::DeliveryReport::Outcome;

// Topics may be named by aggregate types that others choose: more of them share one series.
constexpr std::size_t kMostTopics = 200;
constexpr auto* kOtherTopics = "(others)";

// From half a millisecond to an hour: an outage of the broker is in there, too.
const std::vector<double>& ageBuckets() {
    static const std::vector<double> buckets{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
                                             1,      2,     5,     10,    30,   60,   120,  300, 900, 3600};
    return buckets;
}

const char* nameOf(Outcome outcome) {
    switch (outcome) {
    case Outcome::delivered: return "delivered";
    case Outcome::failed: return "unknown";
    case Outcome::refused_by_rule: break;
    }
    return "refused";
}

} // namespace

DeliveryMetrics::DeliveryMetrics(metrics::Registry& registry)
    : registry_(registry),
      ages_(registry.histogram("outboxd_relay_commit_to_ack_seconds",
                               "From an event's created_at to its acknowledgement by Kafka", ageBuckets())),
      counts_(ageBuckets().size() + 1) {}

void DeliveryMetrics::delivered(std::chrono::microseconds age) {
    const auto seconds = std::chrono::duration<double>(age).count();
    const auto& buckets = ageBuckets();
    const auto bucket = std::ranges::lower_bound(buckets, seconds) - buckets.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += seconds;
}

void DeliveryMetrics::ended(const std::string& topic, Outcome outcome, std::size_t count) {
    auto found = topics_.find(topic);
    if (found == topics_.end()) {
        const auto name = topics_.size() < kMostTopics ? topic : kOtherTopics;
        found = topics_.try_emplace(name, countersOf(name)).first;
    }
    found->second.at(static_cast<std::size_t>(outcome)).increment(static_cast<double>(count));
    if (outcome != Outcome::delivered) return;
    ages_.observe(counts_, sum_);
    std::ranges::fill(counts_, 0);
    sum_ = 0;
}

DeliveryMetrics::OfTopic DeliveryMetrics::countersOf(const std::string& topic) {
    const auto counter = [&](Outcome outcome) {
        return registry_.counter("outboxd_relay_events_total", "Reports of Kafka about events, by topic",
                                 {{"topic", topic}, {"outcome", nameOf(outcome)}});
    };
    return {counter(Outcome::delivered), counter(Outcome::failed), counter(Outcome::refused_by_rule)};
}

} // namespace outboxd::daemon
