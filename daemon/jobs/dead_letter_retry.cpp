#include "scheduler/dead_letter_retry.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

using namespace std::chrono_literals;

scheduler::Job deadLetterRetry(scheduler::DeadLetterRetry& retry) {
    return {.name = "dead-letter-retry",
            .schedule = {scheduler::Schedule::Kind::fixed_delay, 2s, 2s},
            .lock = scheduler::JobLock{.atMost = 30s, .atLeast = 0s},
            .timeout = 15min,
            .history = scheduler::Job::History::transitions,
            .work = [&retry](const scheduler::JobContext& context) {
                retry.run(context.term.value(), context.cancelled);
            }};
}

} // namespace outboxd::daemon
