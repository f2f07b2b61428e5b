// Runs one job once, under its lock.
#pragma once

#include "platform/core/logger.hpp"
#include "scheduler/job.hpp"
#include "scheduler/run_watch.hpp"

namespace outboxd::scheduler {

// What a job's run needs from its node. Outlives the runners.
struct JobEnvironment {
    LockStore& locks;
    JobHistory& history;
    const core::Clock& clock;
    core::Logger& logger;
    std::string node;
};

// Used by one thread at a time.
class JobRunner {
public:
    JobRunner(const Job& job, const JobEnvironment& environment) : job_(job), environment_(environment) {}

    // Takes the lock, runs, releases, remembers. While the work runs its lease is renewed by a second thread; when
    // a renewal comes too late or is refused the work is cancelled and the outcome is `lost`. Never throws.
    JobRun runOnce(const std::stop_token& stop) noexcept;

private:
    JobRun runLocked(const std::stop_token& stop);
    JobRun run(const std::stop_token& stop, const std::optional<Term>& term,
               const std::optional<RunWatch::Lease>& lease);
    // Runs on a thread of its own beside the work, until it has `ended`.
    void guard(RunWatch& watch, const std::optional<Term>& term, std::stop_source& cancel,
               const std::stop_token& ended) const;
    void renew(RunWatch& watch, const Term& term) const;
    void remember(const JobRun& run) noexcept;

    const Job& job_;
    const JobEnvironment& environment_;
    std::optional<JobRun::Outcome> lastOutcome_;
};

} // namespace outboxd::scheduler
