// Runs the jobs of a node, each on its own thread, at their times; one more thread looks at the board for all of them.
//
// Jobs with a lock are planned by all nodes together, by the database's time (cluster_timer.hpp). While the database is away
// none of them begins; those that run are lost with their leases. When it is back, misfire policies decide about planned
// times that have passed, and fixed delays go on. Jobs without a lock need no database.
#pragma once

#include "platform/core/progress.hpp"
#include "platform/core/service.hpp"
#include "scheduler/job_loop.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace outboxd::scheduler {

class Scheduler final : public core::Service {
public:
    // `environment` and `progress` outlive the scheduler. Throws Error(misconfigured) for a job without a name,
    // with a name that ShedLock's table cannot hold, named twice, without work, or with a time that is not above zero.
    Scheduler(std::vector<Job> jobs, JobEnvironment environment, core::ProgressMonitor& progress);
    ~Scheduler() override;

    std::string_view name() const override { return "scheduler"; }
    void start() override;
    // Cancels the running jobs and waits for them; no job is interrupted.
    void stop() override;

private:
    void run(const Job& job, const std::stop_token& stop);
    void watchBoard(const std::stop_token& stop);

    const std::vector<Job> jobs_;
    const JobEnvironment environment_;
    core::ProgressMonitor& progress_;
    BoardWatch watch_;
    std::vector<std::jthread> threads_;
};

} // namespace outboxd::scheduler
