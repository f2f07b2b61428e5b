// One job on one node: decides what is due, and does it.
#pragma once

#include "scheduler/board_watch.hpp"
#include "scheduler/job_runner.hpp"

namespace outboxd::scheduler {

// For one thread. The references must outlive it.
class JobLoop {
public:
    JobLoop(const Job& job, const JobEnvironment& environment, const BoardWatch& watch);

    // Does what is due now, at most one thing. Returns for how long there will be nothing to do, unless the board is
    // looked at meanwhile; zero: call it again.
    std::chrono::microseconds step(const std::stop_token& stop);

private:
    std::chrono::microseconds alone(const std::stop_token& stop);
    std::chrono::microseconds together(const std::stop_token& stop);

    const Job& job_;
    const JobEnvironment& environment_;
    const BoardWatch& watch_;
    JobRunner runner_;
    JobTimer timer_;                      // of a job without a lock
    std::optional<ClusterTimer> cluster_; // of one with a lock; made at the first look
    std::uint64_t looks_ = 0;             // what these showed was before this node's last run
};

} // namespace outboxd::scheduler
