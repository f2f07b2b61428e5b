// What this node knows of the board and of the database's time: one look for all its jobs, about every second.
#pragma once

#include "platform/core/logger.hpp"
#include "scheduler/database_time.hpp"
#include "scheduler/job_board.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace outboxd::scheduler {

// look() is for one thread, the others for any.
class BoardWatch {
public:
    // `jobs`: of this node, which are declared at the first look, and again if somebody removed them. The references must
    // outlive it.
    BoardWatch(std::vector<DeclaredJob> jobs, JobBoard& board, const core::Clock& clock,
               core::Logger& logger);

    // Looks once. Trouble is logged once, and what was seen before stays. Never throws core::Error.
    void look();
    // Nothing is left to look for: there are only jobs without a lock, and they are declared.
    bool done() const { return declared_ && !hasLocks_; }
    bool hasLocks() const { return hasLocks_; }

    // How many looks have begun; the answer to an earlier one may still be on its way.
    std::uint64_t begun() const;
    // What the last look showed of the job, if it began after the first `looks` of them.
    std::optional<JobView> seen(const std::string& job, std::uint64_t looks) const;

    // The database's time; this machine's own as long as no look has succeeded.
    core::Timestamp today() const;

    // Returns at once if a look has ended since rounds() was that; else when one does, after `time`, or at the stop.
    std::uint64_t rounds() const;
    void wait(const std::stop_token& stop, std::uint64_t rounds, std::chrono::microseconds time);

private:
    void take(const BoardView& view, std::uint64_t number, core::Instant asked, core::Instant answered);

    const std::vector<DeclaredJob> jobs_;
    const bool hasLocks_;
    JobBoard& board_;
    const core::Clock& clock_;
    core::Logger& logger_;

    // look() only.
    bool declared_ = false, troubled_ = false;

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable_any looked_;
    DatabaseTime time_;
    std::vector<JobView> seen_;
    std::uint64_t begun_ = 0, shown_ = 0, rounds_ = 0; // looks: begun, the one that seen_ is of, ended
};

} // namespace outboxd::scheduler
