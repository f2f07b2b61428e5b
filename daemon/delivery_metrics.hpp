// What becomes of events on their way to Kafka, as metrics.
#pragma once

#include "platform/metrics/metrics.hpp"
#include "scheduler/kafka/delivery_watch.hpp"

#include <array>
#include <map>
#include <vector>

namespace outboxd::daemon {

// For the relay's thread; the metrics may be scraped at any time.
class DeliveryMetrics final : public scheduler::kafka::DeliveryWatch {
public:
    // `registry` must outlive it.
    explicit DeliveryMetrics(metrics::Registry& registry);

    void delivered(std::chrono::microseconds age) override;
    void ended(const std::string& topic, scheduler::DeliveryReport::Outcome outcome,
               std::size_t count) override;

private:
    using OfTopic = std::array<metrics::Counter, 3>; // by outcome
    OfTopic countersOf(const std::string& topic);

    metrics::Registry& registry_;
    metrics::Histogram ages_;
    std::vector<double> counts_; // by bucket, since the histogram was told
    double sum_ = 0;             // seconds
    std::map<std::string, OfTopic> topics_;
};

} // namespace outboxd::daemon
