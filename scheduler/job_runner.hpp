// Runs one job once, under its lock.
#pragma once

#include "platform/core/logger.hpp"
#include "scheduler/cluster_timer.hpp"
#include "scheduler/job.hpp"
#include "scheduler/run_watch.hpp"

#include <tuple>

namespace outboxd::scheduler {

// What a job's run needs from its node. Outlives the runners.
struct JobEnvironment {
    LockStore& locks;
    JobBoard& board;
    JobHistory& history;
    const core::Clock& clock;
    core::Logger& logger;
    std::string node;
};

// Used by one thread at a time. Nothing here throws.
class JobRunner {
public:
    JobRunner(const Job& job, const JobEnvironment& environment) : job_(job), environment_(environment) {}

    // What the board shows of a job with a lock. Says the end of a run that could not be said before.
    void learn(const JobView& seen) noexcept;
    // As learnt, and as the runs of this node changed it since; null: it may be otherwise, learn it first.
    const JobView* known() const { return known_ ? &*known_ : nullptr; }

    // Takes the lock and begins on the board, runs, ends, remembers. A job that could not begin, since something happened
    // to it that was not known, is `skipped`, and not remembered: the next look tells what to do. While the work runs its
    // lease is renewed by a second thread; when a renewal comes too late or is refused the work is cancelled and the
    // outcome is `lost`. `now`: the database's time. A job without a lock needs neither.
    JobRun runOnce(const std::stop_token& stop, const ClusterTimer::Begin& begin = {},
                   core::Timestamp now = {}) noexcept;

    // Remembers that it was skipped.
    void skip(const ClusterTimer::Skip& skip) noexcept;

private:
    JobRun runLocked(const std::stop_token& stop, const ClusterTimer::Begin& begin, core::Timestamp now);
    JobRun run(const std::stop_token& stop, const std::optional<Term>& term,
               const std::optional<RunWatch::Lease>& lease);
    // Runs on a thread of its own beside the work, until it has `ended`.
    void guard(RunWatch& watch, const std::optional<Term>& term, std::stop_source& cancel,
               const std::stop_token& ended) const;
    void renew(RunWatch& watch, const Term& term) const;
    void end(const JobRun& run) noexcept;
    void remember(const JobRun& run) noexcept;
    void log(const JobRun& run, bool changed) noexcept;

    const Job& job_;
    const JobEnvironment& environment_;
    std::optional<JobView> known_;
    std::optional<JobRun> unended_; // the board has not heard of its end yet
    std::optional<std::tuple<JobRun::Outcome, std::optional<SkipReason>, std::string>>
        last_; // holder of a skip
};

} // namespace outboxd::scheduler
