// What the relay's sink knows about Kafka, as metrics.
#pragma once

#include "platform/metrics/metrics.hpp"
#include "scheduler/kafka/kafka_sink.hpp"

#include <map>
#include <vector>

namespace outboxd::daemon {

class KafkaMetrics {
public:
    // Both must outlive it.
    KafkaMetrics(const scheduler::kafka::KafkaSink& sink, metrics::Registry& registry);

    // Brings the series of each topic up to date. One thread at a time.
    void update();

private:
    struct OfTopic {
        metrics::Gauge partitions, pinned, notReady;
    };
    const scheduler::kafka::KafkaSink& sink_;
    metrics::Registry& registry_;
    std::map<std::string, OfTopic>
        topics_; // ever seen: the series of a topic that is no longer used falls to 0
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
