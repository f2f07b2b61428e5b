#include "scheduler/kafka/kafka_sink.hpp"

#include <algorithm>

namespace outboxd::scheduler::kafka {

KafkaSink::KafkaSink(SinkSettings settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock)
    : settings_(std::move(settings)), plan_(settings_.wire), logger_(logger), clock_(clock),
      topics_(settings_, pins, logger, clock) {}

std::unique_ptr<SinkSession> KafkaSink::open(SessionMode mode) {
    auto producer = settings_.producer;
    // A topic judges the batch: without this, small records in a large batch would be refused for their
    // company.
    producer.batchBytes = std::min(producer.batchBytes, topics_.smallestLimit());
    if (mode == SessionMode::solo) {
        producer.linger = std::chrono::milliseconds{0};
        producer.batchMessages = 1;
    }
    return std::make_unique<KafkaSession>(settings_.client, producer, plan_, topics_, figures_, logger_,
                                          clock_);
}

std::vector<std::string> KafkaSink::unready() const {
    std::vector<std::string> names;
    for (const auto& state : topics_.states())
        if (!state.needs.empty()) names.push_back(state.topic);
    return names;
}

bool KafkaSink::paused(const OutboxRecord& record) const {
    if (!topics_.anyPaused()) return false;
    std::string topic;
    plan_.topicOf(record, plan_.routeOf(record), topic);
    return topics_.paused(topic);
}

} // namespace outboxd::scheduler::kafka
