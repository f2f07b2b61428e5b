#include "scheduler/board_watch.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

BoardWatch::BoardWatch(std::vector<DeclaredJob> jobs, JobBoard& board, const core::Clock& clock,
                       core::Logger& logger)
    : jobs_(std::move(jobs)),
      hasLocks_(std::ranges::any_of(jobs_, [](const DeclaredJob& job) { return job.lock.has_value(); })),
      board_(board), clock_(clock), logger_(logger) {}

void BoardWatch::look() {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = ++begun_;
    }
    try {
        if (!declared_) board_.declare(jobs_);
        declared_ = true;
        if (hasLocks_) {
            const auto asked = clock_.now();
            const auto view = board_.look();
            take(view, number, asked, clock_.now());
        }
        if (std::exchange(troubled_, false)) logger_.info("jobs_go_on");
    } catch (const core::Error& error) {
        if (!std::exchange(troubled_, true))
            logger_.warning(
                "jobs_wait_for_the_database",
                {{"error", error.what()}, {"consequence", "jobs with a lock do not begin until it answers"}});
    }
    {
        const std::lock_guard lock(mutex_);
        ++rounds_;
    }
    looked_.notify_all();
}

void BoardWatch::take(const BoardView& view, std::uint64_t number, core::Instant asked,
                      core::Instant answered) {
    const auto isShown = [&](const DeclaredJob& job) {
        return !job.lock || std::ranges::find(view.jobs, job.job, &JobView::job) != view.jobs.end();
    };
    declared_ = std::ranges::all_of(jobs_, isShown);
    const std::lock_guard lock(mutex_);
    if (!view.jobs.empty()) time_.learn(asked, answered, view.now);
    seen_ = view.jobs;
    shown_ = number;
}

std::uint64_t BoardWatch::begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
}

std::optional<JobView> BoardWatch::seen(const std::string& job, std::uint64_t looks) const {
    const std::lock_guard lock(mutex_);
    if (shown_ <= looks) return std::nullopt;
    const auto found = std::ranges::find(seen_, job, &JobView::job);
    return found == seen_.end() ? std::nullopt : std::optional{*found};
}

core::Timestamp BoardWatch::today() const {
    const std::lock_guard lock(mutex_);
    return time_.at(clock_.now()).value_or(clock_.today());
}

std::uint64_t BoardWatch::rounds() const {
    const std::lock_guard lock(mutex_);
    return rounds_;
}

void BoardWatch::wait(const std::stop_token& stop, std::uint64_t rounds, std::chrono::microseconds time) {
    std::unique_lock lock(mutex_);
    looked_.wait_for(lock, stop, time, [&] { return rounds_ != rounds; });
}

} // namespace outboxd::scheduler
