#include "scheduler/scheduler.hpp"

#include "platform/core/error.hpp"
#include "scheduler/schedule_text.hpp"

#include <algorithm>
#include <set>

namespace outboxd::scheduler {

using namespace std::chrono_literals;

namespace {

// How often a waiting loop shows that it lives.
constexpr std::chrono::microseconds kBeat = 5s;
// How soon an order or a pause is heard, and what another node did.
constexpr std::chrono::microseconds kLookEvery = 1s;
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

std::vector<DeclaredJob> declared(const std::vector<Job>& jobs) {
    std::vector<DeclaredJob> list;
    for (const auto& job : jobs)
        list.push_back({job.name, scheduleText(job.schedule), job.schedule.zone, job.lock});
    return list;
}

} // namespace

Scheduler::Scheduler(std::vector<Job> jobs, JobEnvironment environment, core::ProgressMonitor& progress)
    : jobs_(checked(std::move(jobs))), environment_(std::move(environment)), progress_(progress),
      watch_(declared(jobs_), environment_.board, environment_.clock, environment_.logger) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::start() {
    if (!threads_.empty()) return;
    for (const auto& job : jobs_)
        threads_.emplace_back([this, &job](const std::stop_token& stop) { run(job, stop); });
    if (!jobs_.empty()) threads_.emplace_back([this](const std::stop_token& stop) { watchBoard(stop); });
}

void Scheduler::stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear(); // joins
}

void Scheduler::run(const Job& job, const std::stop_token& stop) {
    const auto sign = progress_.watch("job " + job.name, job.timeout + kAround);
    JobLoop loop(job, environment_, watch_);
    while (!stop.stop_requested()) {
        sign->beat();
        const auto rounds = watch_.rounds();
        const auto wait = loop.step(stop);
        if (wait > 0us) watch_.wait(stop, rounds, std::min(kBeat, wait));
    }
}

void Scheduler::watchBoard(const std::stop_token& stop) {
    const auto sign = watch_.hasLocks() ? progress_.watch("job board", kAround) : nullptr;
    for (;;) {
        if (sign) sign->beat();
        watch_.look();
        if (stop.stop_requested() || watch_.done()) return;
        watch_.wait(stop, watch_.rounds(), kLookEvery);
    }
}

} // namespace outboxd::scheduler
