// How long a topic can give a record once more: to a group that begins anew, or whose offsets were lost or set back.
#pragma once

#include "platform/kafka/admin.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace outboxd::scheduler::kafka {

struct TopicMemory {
    std::string topic;
    std::optional<std::chrono::hours> time = {}; // after the record was written, rounded up; empty: see `why`
    std::string why = {};                        // "it is compacted, so it keeps records for ever"
};

// Of the topic whose settings are `configs`, as they apply.
TopicMemory memoryOf(const std::string& topic, const std::map<std::string, std::string>& configs);

// Looks at the topics one after the other, with two questions for each of at most `wait`; those that do not exist are left
// out. Throws core::Error if the brokers are away.
std::vector<TopicMemory> topicMemories(outboxd::kafka::Admin& admin, std::span<const std::string> topics,
                                       std::chrono::milliseconds wait);

// For how long it has to be remembered that an event had its effect.
struct EffectMemory {
    std::optional<std::chrono::hours> time = {}; // empty: for ever
    std::string topic = {}, why = {};            // what makes it longer than the setting says; empty: nothing
};
EffectMemory effectMemory(std::chrono::hours setting, std::span<const TopicMemory> topics);

} // namespace outboxd::scheduler::kafka
