#include "scheduler/topic_care.hpp"

namespace outboxd::scheduler {

using State = TopicReadiness::Answer::State;

void careForTopics(TopicDesk& desk, TopicReadiness& topics, core::Logger& logger) {
    const std::string actor{kTopicCare};
    for (const auto& topic : topics.unready()) {
        const auto now = topics.look(topic);
        if (now.state != State::unready) continue;
        if (!std::holds_alternative<OrderTaken>(desk.pause(topic, {.reason = now.reason, .actor = actor})))
            continue;
        logger.warning("topic_set_aside",
                       {{"topic", topic},
                        {"reason", now.reason},
                        {"consequence", "its events are held, the others of their lanes go on; "
                                        "it is resumed once it is ready"}});
    }
    for (const auto& topic : desk.pausedBy(actor)) {
        if (topics.look(topic).state != State::ready) continue;
        if (!std::holds_alternative<OrderTaken>(
                desk.resume(topic, {.reason = "it is ready", .actor = actor})))
            continue;
        logger.info("topic_resumed", {{"topic", topic}});
    }
}

} // namespace outboxd::scheduler
