// Settings of the Kafka sink, in the daemon's configuration under `kafka`.
#pragma once

#include "platform/kafka/producer.hpp"
#include "scheduler/kafka/routes.hpp"

#include <chrono>
#include <string>

namespace outboxd::scheduler::kafka {

struct SinkSettings {
    outboxd::kafka::ClientSettings client;
    outboxd::kafka::ProducerSettings
        producer; // of bulk sessions; solo ones send records one at a time, at once
    WireSettings wire;
    // Topics that do not exist yet are made like this, or waited for.
    bool createTopics = true;
    int partitions = 16;
    int replicas = 1;
    std::map<std::string, std::string> topicConfigs; // by Kafka's names: "min.insync.replicas"
    // The longest that produce() waits to look at or create a topic, and how long it then leaves the brokers
    // alone.
    std::chrono::milliseconds topicWait{300};
    std::chrono::milliseconds topicPause{1000};
};

} // namespace outboxd::scheduler::kafka
