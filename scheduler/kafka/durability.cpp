#include "scheduler/kafka/durability.hpp"

#include <fmt/format.h>

#include <charconv>

namespace outboxd::scheduler::kafka {

namespace {

std::optional<int> number(const std::map<std::string, std::string>& configs, const std::string& name) {
    const auto found = configs.find(name);
    int value = 0;
    if (found == configs.end()) return std::nullopt;
    const auto& text = found->second;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
}

} // namespace

std::vector<Weakness> weaknessesOf(const std::string& topic, int replicas,
                                   const std::map<std::string, std::string>& configs) {
    std::vector<Weakness> found;
    const auto where = "topic " + topic;
    if (replicas == 1)
        found.push_back({where, "it has one copy of each partition",
                         "an acknowledged event is lost with its broker's disk",
                         "give it three copies (kafka-reassign-partitions), and new topics by "
                         "kafka.replication_factor: 3"});
    const auto inSync = number(configs, "min.insync.replicas");
    if (inSync && *inSync < 2 && replicas > 1)
        found.push_back(
            {where, fmt::format("min.insync.replicas is {}", *inSync),
             "an event counts as acknowledged while one broker alone has it, and is lost with that one",
             "set min.insync.replicas=2 on the topic"});
    if (inSync && replicas > 0 && *inSync > replicas)
        found.push_back({where, fmt::format("min.insync.replicas is {}, with {} copies", *inSync, replicas),
                         "the brokers take no event at all; all wait in the outbox",
                         "add copies, or lower min.insync.replicas"});
    const auto unclean = configs.find("unclean.leader.election.enable");
    if (unclean != configs.end() && unclean->second == "true")
        found.push_back(
            {where, "unclean.leader.election.enable is true",
             "a broker that lags may become leader: acknowledged events vanish, and the order of what "
             "follows is not that of before",
             "set unclean.leader.election.enable=false on the topic"});
    return found;
}

std::vector<Weakness> weaknessesOf(const SinkSettings& settings) {
    if (!settings.createTopics || settings.replicas > 1) return {};
    return {{"kafka.replication_factor", "topics that outboxd creates get one copy of each partition",
             "an acknowledged event is lost with its broker's disk", "set kafka.replication_factor: 3"}};
}

std::vector<Weakness> topicWeaknesses(outboxd::kafka::Admin& admin, std::span<const std::string> topics,
                                      std::chrono::milliseconds wait) {
    std::vector<Weakness> all;
    for (const auto& topic : topics) {
        const auto layout = admin.layout(topic, wait);
        if (layout.partitions == 0) continue;
        std::map<std::string, std::string> configs;
        try {
            configs = admin.configs(topic, wait);
        } catch (const core::Error& error) {
            if (core::isTransient(error.kind())) throw; // else the brokers do not tell
        }
        for (auto& weakness : weaknessesOf(topic, layout.replicas, configs))
            all.push_back(std::move(weakness));
    }
    return all;
}

} // namespace outboxd::scheduler::kafka
