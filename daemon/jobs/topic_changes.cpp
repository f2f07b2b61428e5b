#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

scheduler::Job topicChanges(scheduler::TopicDesk& desk, scheduler::TopicCluster& cluster) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&desk, &cluster](const scheduler::JobContext& context) {
                scheduler::advanceTopicChanges(desk, cluster, context.term.value());
            }};
}

} // namespace outboxd::daemon
