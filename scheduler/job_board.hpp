// Where the nodes agree on their jobs: what is planned, paused or ordered, and the last run by all of them together (the
// tables job_control and, for the locks, shedlock). Jobs without a lock are declared here and otherwise no concern of it.
//
// A planned time is begun once by all nodes: whoever begins a run names what it saw of the job, and is refused if
// anything has begun or ended since. Taking the lock and that comparison are one statement.
#pragma once

#include "scheduler/job.hpp"

#include <span>
#include <variant>

namespace outboxd::scheduler {

struct DeclaredJob {
    std::string job;
    std::string schedule; // as scheduleText()
    std::string zone;
    std::optional<JobLock> lock; // empty: runs on every node
};

// One job as it stood when it was looked at. Times are the database's.
struct JobView {
    struct Pause {
        std::string by, reason;
    };
    struct Order {
        core::Timestamp at;
        std::string by;
    };
    enum class State { none, running, done, failed, lost, cancelled }; // none: it has never run

    std::string job = {};
    std::optional<Pause> paused = {};
    std::optional<Order> asked = {}; // a run that was ordered and has not begun
    // Of the last run.
    State state = State::none;
    std::optional<core::Timestamp> planned = {}, started = {}, ended = {};
    std::string node = {}, term = {};
    std::optional<Order> obeyed = {}; // the order behind it, if there was one
    // Of the lock, whoever took it: this job, or another scheduler under the same name.
    std::string holder = {}; // the last one
    core::Timestamp heldUntil{};
};

struct BoardView {
    core::Timestamp now; // the database's time
    std::vector<JobView> jobs;
};

struct JobBegin {
    Term term;
    std::chrono::milliseconds atMost{0};
    JobView seen;
    std::optional<core::Timestamp> planned = {}; // empty: the run was ordered, and is for no planned time
    bool asked = false;                          // takes the order that was seen, also of a paused job
};
struct RunBegun {};
struct LockHeld {
    std::string holder;
};
struct JobPaused {
    JobView::Pause pause;
};
struct BoardChanged {}; // since it was seen: look again
using BeginAnswer = std::variant<RunBegun, LockHeld, JobPaused, BoardChanged>;

// Thread-safe. Throws core::Error when the database cannot answer.
class JobBoard {
public:
    virtual ~JobBoard() = default;

    // Says what the jobs of this node are; the last node to declare one is what people see.
    virtual void declare(std::span<const DeclaredJob> jobs) = 0;

    // All jobs with a lock, of all nodes, in one statement.
    virtual BoardView look() = 0;

    // Takes the lock and begins the run, or changes nothing. If the run before never said how it ended, the history gets it
    // as lost.
    virtual BeginAnswer begin(const JobBegin& begin) = 0;

    // The run has ended: releases the lock as LockStore::unlock() does. False if another run has begun since: then this
    // one stands in the history as lost already.
    virtual bool end(const Term& term, std::chrono::milliseconds atLeast, JobView::State state) = 0;
};

} // namespace outboxd::scheduler
