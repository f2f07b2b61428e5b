// Settings of Kafka: how it is reached, and what an event becomes there.
#pragma once

#include "daemon/settings/duration.hpp"
#include "platform/config/schema.hpp"
#include "scheduler/kafka/routes.hpp"

#include <map>
#include <string>
#include <vector>

namespace outboxd::daemon {

struct KafkaSettings {
    std::vector<std::string> brokers{"127.0.0.1:9092"};
    scheduler::kafka::Profile profile = scheduler::kafka::Profile::debezium;
    std::string topicPrefix = "outbox.event.";
    std::string cloudeventsSource = "/outboxd";
    std::vector<scheduler::kafka::RouteSettings> routes;
    bool createTopics = true;
    int replicationFactor = 1;
    int partitions = 8;
    std::map<std::string, std::string> topicConfigs;
    std::string compression = "lz4";
    config::SecretFile passwordFile;
    std::map<std::string, config::SecretFile> secrets;
    std::map<std::string, std::string> properties;
};

// `kafka` must not move and must outlive the schema.
void describeKafka(config::Schema& schema, KafkaSettings& kafka);

// Routes and templates, and properties that librdkafka does not know or would not have.
std::vector<config::Mistake> checkKafka(const KafkaSettings& kafka, const config::Schema& schema);

scheduler::kafka::WireSettings wireSettings(const KafkaSettings& kafka);

// The client's properties, with the secrets among them.
std::map<std::string, std::string> clientProperties(const KafkaSettings& kafka);

} // namespace outboxd::daemon
