// Runs the jobs of a node, each on its own thread, at their times.
#pragma once

#include "platform/core/progress.hpp"
#include "platform/core/service.hpp"
#include "scheduler/job_runner.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
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
    void loop(const Job& job, const std::stop_token& stop);

    const std::vector<Job> jobs_;
    const JobEnvironment environment_;
    core::ProgressMonitor& progress_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<std::jthread> threads_;
};

} // namespace outboxd::scheduler
