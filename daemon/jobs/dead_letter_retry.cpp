#include "scheduler/dead_letter_retry.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

scheduler::Job deadLetterRetry(scheduler::DeadLetterRetry& retry) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&retry](const scheduler::JobContext& context) {
                retry.run(context.term.value(), context.cancelled);
            }};
}

} // namespace outboxd::daemon
