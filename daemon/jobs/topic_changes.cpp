#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

using namespace std::chrono_literals;

scheduler::Job topicChanges(scheduler::TopicDesk& desk, scheduler::TopicCluster& cluster) {
    return {.name = "topic-changes",
            .schedule = {scheduler::Schedule::Kind::fixed_delay, 1s, 0s},
            .lock = scheduler::JobLock{.atMost = 30s, .atLeast = 0s},
            .timeout = 1min,
            .history = scheduler::Job::History::transitions,
            .work = [&desk, &cluster](const scheduler::JobContext& context) {
                scheduler::advanceTopicChanges(desk, cluster, context.term.value());
            }};
}

} // namespace outboxd::daemon
