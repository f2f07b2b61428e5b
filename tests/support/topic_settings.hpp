// Changes a topic's settings while it is in use, as an operator does.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace outboxd::testing {

// All settings of the topic itself that are not named are taken back. Returns when the broker has done it.
inline void setTopic(const std::string& brokers, const std::string& topic,
                     const std::map<std::string, std::string>& settings) {
    std::array<char, 512> text{};
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), text.data(), text.size());
    const std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> client(
        rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size()), rd_kafka_destroy);
    if (!client) throw std::runtime_error(text.data());
    const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
        rd_kafka_queue_new(client.get()), rd_kafka_queue_destroy);
    const std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)> resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()), rd_kafka_ConfigResource_destroy);
    for (const auto& [name, value] : settings)
        rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
    auto* resources = resource.get();
    rd_kafka_AlterConfigs(client.get(), &resources, 1, nullptr, queue.get());
    const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
        rd_kafka_queue_poll(queue.get(), 60'000), rd_kafka_event_destroy);
    if (!event || rd_kafka_event_error(event.get())) throw std::runtime_error("the topic was not changed");
    std::size_t count = 0;
    const auto* answers =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
    if (count != 1 || rd_kafka_ConfigResource_error(answers[0]))
        throw std::runtime_error("the topic was not changed");
}

} // namespace outboxd::testing
