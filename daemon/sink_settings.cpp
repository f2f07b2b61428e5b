#include "daemon/sink_settings.hpp"

namespace outboxd::daemon {

scheduler::kafka::SinkSettings sinkSettings(const Settings& settings) {
    scheduler::kafka::SinkSettings sink;
    for (const auto& broker : settings.kafka.brokers) {
        sink.client.brokers += (sink.client.brokers.empty() ? "" : ",") + broker;
    }
    sink.client.clientId = "outboxd-" + nodeName(settings);
    sink.client.properties = clientProperties(settings.kafka);
    sink.producer.compression = settings.kafka.compression;
    sink.producer.maxMessageBytes = static_cast<std::size_t>(settings.relay.maxEventBytes.bytes);
    sink.wire = wireSettings(settings.kafka);
    sink.createTopics = settings.kafka.createTopics;
    sink.partitions = settings.kafka.partitions;
    sink.replicas = settings.kafka.replicationFactor;
    sink.topicConfigs = settings.kafka.topicConfigs;
    return sink;
}

} // namespace outboxd::daemon
