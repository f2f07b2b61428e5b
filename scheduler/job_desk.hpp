// Jobs as an operator treats them: when each runs, how its runs went, and what can be ordered of it.
//
// What is shown is what the nodes wrote (job_board.hpp), so any node can show it. An order changes job_control and adds
// a line to audit_log, in one transaction; whichever node comes to the job next obeys it. Pausing keeps runs from
// beginning; it ends none.
#pragma once

#include "scheduler/desk.hpp"

namespace outboxd::scheduler {

struct JobPause {
    core::Timestamp since{};
    std::string by = {}, reason = {};
};

// A run that was ordered and has not begun.
struct JobAsk {
    core::Timestamp at{};
    std::string by = {};
};

struct JobRunDetails {
    std::int64_t id = 0; // of job_run; 0: a poll loop's run, of which only transitions are kept
    std::string node = {};
    std::string outcome = {}; // RUNNING, DONE, FAILED, LOST, CANCELLED, SKIPPED
    core::Timestamp started{};
    std::optional<core::Timestamp> ended = {}, planned = {};
    std::optional<std::string> term = {}, skipReason = {}, holder = {}, askedBy = {}, detail = {};
};

struct JobDetails {
    std::string name = {}, schedule = {}, zone = {}; // as its nodes declared it last
    std::string declaredBy = {};
    core::Timestamp declaredAt{};
    std::optional<std::chrono::milliseconds> lockAtMost = {},
                                             lockAtLeast = {}; // empty: it runs on every node
    std::optional<JobPause> pause = {};
    std::optional<JobAsk> ask = {};
    std::optional<core::Timestamp> planned = {};   // the last planned time that was begun
    std::optional<JobRunDetails> last = {};        // skips aside
    std::string holder = {};                       // who has its lock now; empty: nobody
    std::optional<core::Timestamp> heldUntil = {}; // a run, or the rest of lock-at-least after it
    core::Timestamp seen{};                        // when it was so, by the database's clock
};

struct JobList {
    std::vector<JobDetails> jobs = {};
    std::int64_t runners = 0; // nodes that live and have the role jobs
};

// What became of an order; `changed` is false if it was so already. `order` is the line of audit_log: this order's, or
// that of whoever ordered the same before (0 if it is not known).
struct JobOrdered {
    std::int64_t order = 0;
    bool changed = false;
    JobDetails job = {}; // after it
};
struct JobUnknown {
    std::string suggestion = {}; // "; did you mean X?", or empty
};
struct JobOfEveryNode {}; // each node runs it for itself: the cluster can order nothing of it
using JobAnswer = std::variant<JobOrdered, JobUnknown, JobOfEveryNode>;

// A run that was ordered, from the order to its end.
struct OrderedRun {
    enum class State { waiting, running, ended };
    std::int64_t order = 0;
    core::Timestamp at{};
    std::string by = {};
    State state = State::waiting;
    std::optional<JobRunDetails> run = {}; // once it runs, if it was written down
};

// Thread-safe. Throws core::Error when the database cannot answer.
class JobDesk {
public:
    virtual ~JobDesk() = default;
    virtual JobList jobs() = 0;
    virtual std::variant<JobDetails, JobUnknown> job(const std::string& name) = 0;
    // Newest first; of one outcome, or of all.
    virtual std::variant<DeskList<JobRunDetails>, JobUnknown>
    history(const std::string& name, const std::optional<std::string>& outcome, const DeskPage& page) = 0;

    virtual JobAnswer pause(const std::string& name, const OrderTerms& terms) = 0;
    virtual JobAnswer resume(const std::string& name, const OrderTerms& terms) = 0;
    // As soon as a node comes to it, whatever the schedule says.
    virtual JobAnswer runNow(const std::string& name, const OrderTerms& terms) = 0;
    // Empty: no run of this job was ordered by that order.
    virtual std::optional<OrderedRun> ordered(const std::string& name, std::int64_t order) = 0;
};

} // namespace outboxd::scheduler
