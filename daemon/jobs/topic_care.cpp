#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

scheduler::Job topicCare(scheduler::TopicDesk& desk, scheduler::TopicReadiness& topics,
                         core::Logger& logger) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&desk, &topics, &logger](const scheduler::JobContext&) {
                scheduler::careForTopics(desk, topics, logger);
            }};
}

} // namespace outboxd::daemon
