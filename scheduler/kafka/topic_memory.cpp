#include "scheduler/kafka/topic_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace outboxd::scheduler::kafka {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Between the end of a record's time and its removal brokers look every few minutes; and the clock that dated the
// record may be wrong.
constexpr hours kMargin{24};
constexpr hours kForEver{24 * 36'500}; // whoever sets this or more means it

std::optional<std::int64_t> number(const std::map<std::string, std::string>& configs, const char* name) {
    const auto found = configs.find(name);
    if (found == configs.end()) return std::nullopt;
    const auto& text = found->second;
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

TopicMemory memoryOf(const std::string& topic, const std::map<std::string, std::string>& configs) {
    const auto policy = configs.find("cleanup.policy");
    const auto time = number(configs, "retention.ms"), segment = number(configs, "segment.ms");
    if (policy == configs.end() || !time || !segment)
        return {topic, std::nullopt, "the brokers do not tell for how long it keeps records"};
    if (policy->second.find("delete") == std::string::npos)
        return {topic, std::nullopt,
                "its cleanup.policy is " + policy->second + ": it keeps records for ever"};
    if (*time < 0 || milliseconds{*time} > kForEver)
        return {topic, std::nullopt, fmt::format("its retention.ms is {}: it keeps records for ever", *time)};
    // What is removed is a whole segment, when its last record is too old; and the last segment only after it was closed.
    return {topic,
            std::chrono::ceil<hours>(milliseconds{*time}) +
                std::min(kForEver, std::chrono::ceil<hours>(milliseconds{*segment})),
            {}};
}

std::vector<TopicMemory> topicMemories(outboxd::kafka::Admin& admin, std::span<const std::string> topics,
                                       std::chrono::milliseconds wait) {
    std::vector<TopicMemory> all;
    for (const auto& topic : topics) {
        if (admin.layout(topic, wait).partitions == 0) continue;
        std::map<std::string, std::string> configs;
        try {
            configs = admin.configs(topic, wait);
        } catch (const core::Error& error) {
            if (core::isTransient(error.kind())) throw; // else the brokers do not tell
        }
        all.push_back(memoryOf(topic, configs));
    }
    return all;
}

EffectMemory effectMemory(hours setting, std::span<const TopicMemory> topics) {
    EffectMemory memory{.time = setting};
    for (const auto& topic : topics) {
        if (!topic.time) return {std::nullopt, topic.topic, topic.why};
        const auto needed = *topic.time + kMargin;
        if (needed <= *memory.time) continue;
        memory = {needed, topic.topic,
                  fmt::format("it may give records again for {} days (retention.ms, segment.ms and a day)",
                              std::chrono::ceil<std::chrono::days>(needed).count())};
    }
    return memory;
}

} // namespace outboxd::scheduler::kafka
