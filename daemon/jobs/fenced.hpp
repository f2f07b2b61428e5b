// The shop's transactions as jobs run them: each ends with the fence of the job's lock, so that a holder that was paused
// past its lease cannot write.
#pragma once

#include "commerce/mysql/unit_of_work.hpp"
#include "daemon/stores.hpp"
#include "scheduler/job.hpp"

#include <functional>

namespace outboxd::daemon {

// What the jobs of the shop are made of. Outlives them.
struct JobParts {
    Stores& stores;
    const core::Clock& clock;
    core::Logger& logger;
    std::function<void()> ring; // wakes the relay of this node after a commit with events
};

// For one run of a job that has a lock; its transactions throw scheduler::TermLost once the lock is lost.
commerce::mysql::UnitOfWork fenced(const JobParts& parts, const scheduler::JobContext& run);

} // namespace outboxd::daemon
