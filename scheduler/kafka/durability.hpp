// What of Kafka's settings weakens "every committed event reaches Kafka": acks=all is worth what stands behind it.
#pragma once

#include "platform/kafka/admin.hpp"
#include "scheduler/durability.hpp"
#include "scheduler/kafka/settings.hpp"

#include <span>
#include <vector>

namespace outboxd::scheduler::kafka {

// Of a topic with so many copies of each partition, whose settings are `configs`, as they apply. What the brokers do not
// tell is not judged.
std::vector<Weakness> weaknessesOf(const std::string& topic, int replicas,
                                   const std::map<std::string, std::string>& configs);

// Of the topics that outboxd would create.
std::vector<Weakness> weaknessesOf(const SinkSettings& settings);

// Looks at the topics one after the other, with two questions for each of at most `wait`; those that do not exist are left
// out. Throws core::Error at the first that cannot be asked.
std::vector<Weakness> topicWeaknesses(outboxd::kafka::Admin& admin, std::span<const std::string> topics,
                                      std::chrono::milliseconds wait);

} // namespace outboxd::scheduler::kafka
