#include "scheduler/scheduler.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <set>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

// How often a waiting loop shows that it lives.
constexpr std::chrono::microseconds kBeat = 5s;
// What a run may take besides its own time: asking for the lock, releasing it and writing the history, each of which
// may wait as long as the database's limits allow; and the job's way from its cancellation to its return.
constexpr std::chrono::microseconds kAround = 60s;

std::vector<Job> checked(std::vector<Job> jobs) {
    std::set<std::string> names;
    for (const auto& job : jobs) {
        if (job.name.empty() || job.name.size() > 64) {
            throw core::Error(core::ErrorKind::misconfigured,
                              "the job name '" + job.name + "' must have 1 to 64 characters");
        }
        const bool sound = job.work && job.timeout > 0us && (!job.lock || job.lock->atMost > 0ms);
        if (!sound) {
            throw core::Error(core::ErrorKind::misconfigured,
                              "the job '" + job.name +
                                  "' needs work to do, and a timeout and a lease above zero");
        }
        requireSound(job.schedule); // throws here, not on the job's thread
        if (!names.insert(job.name).second) {
            throw core::Error(core::ErrorKind::misconfigured, "two jobs are named '" + job.name + "'");
        }
    }
    return jobs;
}

} // namespace

Scheduler::Scheduler(std::vector<Job> jobs, JobEnvironment environment, core::ProgressMonitor& progress)
    : jobs_(checked(std::move(jobs))), environment_(std::move(environment)), progress_(progress) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::start() {
    if (!threads_.empty()) return;
    for (const auto& job : jobs_) {
        threads_.emplace_back([this, &job](const std::stop_token& stop) { loop(job, stop); });
    }
}

void Scheduler::stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear(); // joins
}

void Scheduler::loop(const Job& job, const std::stop_token& stop) {
    const auto sign = progress_.watch("job " + job.name, job.timeout + kAround);
    JobRunner runner(job, environment_);
    JobTimer timer(job.schedule, job.name, environment_.clock.now());
    while (!stop.stop_requested()) {
        sign->beat();
        const auto now = environment_.clock.now();
        const auto wait = timer.untilDue(now, environment_.clock.today());
        if (wait <= 0us) {
            runner.runOnce(stop);
            timer.ran(environment_.clock.now(), environment_.clock.today());
            continue;
        }
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, std::min(kBeat, wait), [] { return false; });
    }
}

} // namespace outboxd::scheduler
