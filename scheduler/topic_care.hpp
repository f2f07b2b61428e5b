// A topic that events cannot go to until somebody mends it (it is missing, and must not or cannot be created; it lost
// partitions) would hold up all that follows such an event in its lane. So the relay pauses it, in its own name, and
// lifts that pause once the topic is ready. An operator's pause is not touched.
#pragma once

#include "platform/core/logger.hpp"
#include "scheduler/topic_desk.hpp"

namespace outboxd::scheduler {

// Who pauses then: outbox_pause.paused_by, and the actor in audit_log.
inline constexpr std::string_view kTopicCare = "outboxd-relay";

// Topics as the relay of this node sees them. Thread-safe.
class TopicReadiness {
public:
    virtual ~TopicReadiness() = default;
    // Those that a person has to do something about, by the last look at each.
    virtual std::vector<std::string> unready() const = 0;
    struct Answer {
        enum class State { ready, unclear, unready } state = State::unclear;
        std::string reason = {}; // what a person has to do
    };
    // Asks the brokers if what is known is old; `unclear` while they do not answer.
    virtual Answer look(const std::string& topic) = 0;
};

// One look at the topics that need it. Run by a job of each node with a relay; that several do it at once does no harm.
// Throws core::Error when the database cannot answer.
void careForTopics(TopicDesk& desk, TopicReadiness& topics, core::Logger& logger);

} // namespace outboxd::scheduler
