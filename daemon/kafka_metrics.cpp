#include "daemon/kafka_metrics.hpp"

#include <algorithm>

namespace outboxd::daemon {

KafkaMetrics::KafkaMetrics(const scheduler::kafka::KafkaSink& sink, metrics::Registry& registry)
    : sink_(sink), registry_(registry) {
    const auto add = [&](const char* name, const char* help, auto read) {
        callbacks_.push_back(registry.callback(metrics::Registry::CallbackKind::gauge, name, help, {},
                                               [&sink, read] { return static_cast<double>(read(sink)); }));
    };
    using Sink = scheduler::kafka::KafkaSink;
    add("outboxd_kafka_reachable", "1 while a broker could be reached when something was last tried",
        [](const Sink& from) { return from.reachable() && from.refusal().empty() ? 1 : 0; });
    add("outboxd_kafka_queue_records", "Records given to the producers and not yet acknowledged",
        [](const Sink& from) { return from.figures().queuedRows.load(); });
    add("outboxd_kafka_queue_bytes", "Their keys, payloads and headers",
        [](const Sink& from) { return from.figures().queuedBytes.load(); });
    add("outboxd_kafka_topics_not_ready",
        "Topics whose events wait for a person; the log and /readyz?verbose say why", [](const Sink& from) {
            const auto topics = from.topics();
            return std::count_if(topics.begin(), topics.end(),
                                 [](const auto& topic) { return !topic.needs.empty(); });
        });
}

void KafkaMetrics::update() {
    const auto gauge = [&](const char* name, const char* help, const std::string& topic) {
        return registry_.gauge(name, help, {{"topic", topic}});
    };
    for (auto& [topic, gauges] : topics_)
        for (auto* each : {&gauges.partitions, &gauges.pinned, &gauges.notReady}) each->set(0);
    for (const auto& state : sink_.topics()) {
        auto found = topics_.find(state.topic);
        if (found == topics_.end())
            found = topics_
                        .emplace(state.topic,
                                 OfTopic{gauge("outboxd_kafka_topic_partitions",
                                               "Partitions that the topic has", state.topic),
                                         gauge("outboxd_kafka_topic_pinned_partitions",
                                               "Of these, those that keys are spread over (topic_layout)",
                                               state.topic),
                                         gauge("outboxd_kafka_topic_not_ready",
                                               "1 while the topic's events wait for a person", state.topic)})
                        .first;
        found->second.partitions.set(state.partitions);
        found->second.pinned.set(state.pinned);
        found->second.notReady.set(state.needs.empty() ? 0 : 1);
    }
}

} // namespace outboxd::daemon
