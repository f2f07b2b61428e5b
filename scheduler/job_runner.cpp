#include "scheduler/job_runner.hpp"

#include "platform/core/error.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace outboxd::scheduler {
namespace {

std::string_view name(JobRun::Outcome outcome) {
    switch (outcome) {
    case JobRun::Outcome::done: return "done";
    case JobRun::Outcome::failed: return "failed";
    case JobRun::Outcome::lost: return "lost";
    case JobRun::Outcome::cancelled: return "cancelled";
    case JobRun::Outcome::skipped: return "skipped";
    }
    return "failed";
}

// Watches over one run: renews its lease, and cancels it when the lease is lost, its time is up or the daemon stops.
class Guardian {
public:
    Guardian(const Job& job, const JobEnvironment& environment, const std::optional<Term>& term, core::Instant leaseEnds)
        : job_(job), environment_(environment), term_(term), leaseEnds_(leaseEnds),
          timeUp_(environment.clock.now() + job.timeout), thread_([this](const std::stop_token& ended) { watch(ended); }) {}

    std::stop_source& cancel() { return cancel_; }
    bool lost() const { return lost_; }
    bool timedOut() const { return timedOut_; }

private:
    void watch(const std::stop_token& ended) {
        std::unique_lock lock(mutex_);
        while (!ended.stop_requested()) {
            const auto now = environment_.clock.now();
            if (now >= timeUp_ && !timedOut_) {
                timedOut_ = true;
                cancel_.request_stop();
            }
            auto wait = timedOut_ ? std::chrono::microseconds{std::chrono::seconds{1}} : timeUp_ - now;
            if (term_) wait = std::min<std::chrono::microseconds>(wait, job_.lock->atMost / 3);
            if (changed_.wait_for(lock, ended, wait, [] { return false; })) return;
            if (ended.stop_requested()) return;
            if (term_ && !lost_) renew();
        }
    }

    void renew() {
        const auto asked = environment_.clock.now();
        try {
            if (environment_.locks.extend(std::span{&*term_, 1}, job_.lock->atMost).front()) {
                leaseEnds_ = asked + job_.lock->atMost;
                return;
            }
        } catch (const core::Error&) {
            if (asked < leaseEnds_) return; // there is time to ask again
        }
        lost_ = true;
        cancel_.request_stop();
    }

    const Job& job_;
    const JobEnvironment& environment_;
    const std::optional<Term>& term_;
    core::Instant leaseEnds_;
    const core::Instant timeUp_;
    std::stop_source cancel_;
    std::atomic<bool> lost_{false}, timedOut_{false};
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::jthread thread_; // last: it uses all of the above
};

} // namespace

JobRun JobRunner::runOnce(const std::stop_token& stop) noexcept {
    JobRun run;
    try {
        run = job_.lock ? runLocked(stop) : this->run(stop, std::nullopt, {});
    } catch (const std::exception& error) {
        run.outcome = JobRun::Outcome::failed;
        run.detail = error.what();
        run.started = run.ended = environment_.clock.today();
    }
    run.job = job_.name;
    remember(run);
    return run;
}

JobRun JobRunner::runLocked(const std::stop_token& stop) {
    const auto asked = environment_.clock.now(); // before the statement is sent: the lease can only end later
    const Term term{job_.name, newHolder(environment_.node, environment_.clock)};
    if (!environment_.locks.tryLock(term, job_.lock->atMost)) {
        JobRun skipped;
        skipped.outcome = JobRun::Outcome::skipped;
        skipped.started = skipped.ended = environment_.clock.today();
        const auto holder = environment_.locks.holderOf(job_.name);
        skipped.detail = holder.empty() ? "the lock was just released" : "locked by " + holder;
        return skipped;
    }
    auto done = run(stop, term, asked + job_.lock->atMost);
    try {
        environment_.locks.unlock(term, job_.lock->atLeast);
    } catch (const core::Error& error) {
        environment_.logger.warning("job_unlock_failed",
                                    {{"job", job_.name},
                                     {"error", error.what()},
                                     {"consequence", "the lock comes free when its lease runs out"}});
    }
    return done;
}

JobRun JobRunner::run(const std::stop_token& stop, const std::optional<Term>& term, core::Instant leaseEnds) {
    JobRun run;
    if (term) run.term = term->holder;
    run.started = environment_.clock.today();
    Guardian guardian(job_, environment_, term, leaseEnds);
    const std::stop_callback passOn(stop, [&] { guardian.cancel().request_stop(); });
    try {
        job_.work(JobContext{guardian.cancel().get_token(), term});
    } catch (const std::exception& error) {
        run.outcome = JobRun::Outcome::failed;
        run.detail = error.what();
    }
    run.ended = environment_.clock.today();
    if (guardian.lost()) {
        run.outcome = JobRun::Outcome::lost;
        run.detail = "the lease was lost while the job ran; its database writes were fenced off";
    } else if (guardian.timedOut()) {
        run.outcome = JobRun::Outcome::failed;
        run.detail = "cancelled at its time limit";
    } else if (stop.stop_requested() && run.outcome == JobRun::Outcome::done) {
        run.outcome = JobRun::Outcome::cancelled;
        run.detail = "the daemon is stopping";
    }
    return run;
}

void JobRunner::remember(const JobRun& run) noexcept {
    const bool changed = lastOutcome_ != run.outcome;
    lastOutcome_ = run.outcome;
    if (run.outcome == JobRun::Outcome::failed || run.outcome == JobRun::Outcome::lost) {
        if (changed) {
            environment_.logger.error("job_failed",
                                      {{"job", run.job}, {"outcome", name(run.outcome)}, {"error", run.detail}});
        }
    } else if (changed || job_.history == Job::History::every_run) {
        environment_.logger.info("job_ran", {{"job", run.job}, {"outcome", name(run.outcome)}, {"detail", run.detail}});
    }
    if (!changed && job_.history == Job::History::transitions) return;
    try {
        environment_.history.add(run);
    } catch (const std::exception& error) {
        environment_.logger.warning("job_history_failed", {{"job", run.job}, {"error", error.what()}});
    }
}

} // namespace outboxd::scheduler
