// A scheduled job: what it does, when, and under which lock.
#pragma once

#include "scheduler/lease.hpp"
#include "scheduler/schedule.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace outboxd::scheduler {

// What a running job is given.
struct JobContext {
    // Set when the daemon drains, the job's time is up or its lease is lost. A job looks at it between steps that
    // take long and then returns; it is never interrupted.
    std::stop_token cancelled;
    // The lease that the run holds; empty for a job without a lock. Its transactions end with the fence on it.
    std::optional<Term> term;
};

struct JobLock {
    std::chrono::milliseconds atMost{30000}; // the lease; renewed while the job runs
    std::chrono::milliseconds atLeast{0}; // kept at least this long after it was taken: the cluster-wide pace
};

struct Job {
    // What is written to job_run: poll loops that run every second would fill it, so they write transitions only
    // (the first run, and each change of outcome).
    enum class History { every_run, transitions };

    std::string name = {}; // lower-case with hyphens, at most 64 characters; also the lock's name
    Schedule schedule = {};
    std::optional<JobLock> lock = {}; // without a lock the job runs on every node
    std::chrono::microseconds timeout{std::chrono::minutes{5}};
    History history = History::every_run;
    // Throws to say that it failed; the message goes to the history.
    std::function<void(const JobContext&)> work = {};
};

// Why a run was skipped.
enum class SkipReason {
    held_elsewhere, // somebody else had the lock
    paused,         // by an operator
    already_run,    // another node ran it for this planned time
    missed,         // its time was over before anybody could begin it
};
// "HELD_ELSEWHERE", as it stands in the history.
std::string_view name(SkipReason reason);

struct JobRun {
    enum class Outcome { done, failed, lost, cancelled, skipped };
    std::string job = {};
    std::string term = {}; // empty for a job without a lock, or when skipped
    core::Instant started{}, ended{};
    Outcome outcome = Outcome::done;
    std::string detail = {};                     // the error, or more about why it was skipped
    std::optional<core::Timestamp> planned = {}; // which time it was for; empty for one that was ordered
    std::optional<SkipReason> skip = {};
    std::string holder = {};                     // who had the lock
    std::string askedBy = {};                    // who ordered it,
    std::optional<core::Timestamp> askedAt = {}; // and when; empty: it was planned
};

// Where runs are remembered (the table job_run), with their times by the database's clock. Thread-safe. Throws core::Error.
class JobHistory {
public:
    virtual ~JobHistory() = default;
    // Soon after the run has ended.
    virtual void add(const JobRun& run) = 0;
};

} // namespace outboxd::scheduler
