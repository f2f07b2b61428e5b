#include "scheduler/job_runner.hpp"

#include "platform/core/error.hpp"

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

} // namespace

JobRun JobRunner::runOnce(const std::stop_token& stop) noexcept {
    JobRun run;
    try {
        run = job_.lock ? runLocked(stop) : this->run(stop, std::nullopt, std::nullopt);
    } catch (const std::exception& error) { // the lock could not be asked for
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
    auto done = run(stop, term, RunWatch::Lease{asked, job_.lock->atMost});
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

JobRun JobRunner::run(const std::stop_token& stop, const std::optional<Term>& term,
                      const std::optional<RunWatch::Lease>& lease) {
    JobRun run;
    if (term) run.term = term->holder;
    run.started = environment_.clock.today();
    RunWatch watch(environment_.clock.now(), job_.timeout, lease);
    std::stop_source cancel;
    const std::stop_callback passOn(stop, [&] { cancel.request_stop(); });
    std::jthread guardian([&](const std::stop_token& ended) { guard(watch, term, cancel, ended); });
    try {
        job_.work(JobContext{cancel.get_token(), term});
    } catch (const TermLost& lost) {
        run.outcome = JobRun::Outcome::lost;
        run.detail = lost.what();
    } catch (const std::exception& error) {
        run.outcome = JobRun::Outcome::failed;
        run.detail = error.what();
    } catch (...) {
        run.outcome = JobRun::Outcome::failed;
        run.detail = "the job threw something that is not a std::exception";
    }
    run.ended = environment_.clock.today();
    guardian.request_stop();
    guardian.join(); // from here on the watch is ours
    if (watch.lost()) {
        run.outcome = JobRun::Outcome::lost;
        run.detail = "the lease was lost while the job ran; its database writes were fenced off";
    } else if (watch.timedOut()) {
        run.outcome = JobRun::Outcome::failed;
        run.detail = "cancelled at its time limit";
    } else if (stop.stop_requested() && run.outcome == JobRun::Outcome::done) {
        run.outcome = JobRun::Outcome::cancelled;
        run.detail = "the daemon is stopping";
    }
    return run;
}

void JobRunner::guard(RunWatch& watch, const std::optional<Term>& term, std::stop_source& cancel,
                      const std::stop_token& ended) const {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!ended.stop_requested()) {
        const auto due = watch.look(environment_.clock.now());
        if (watch.lost() || watch.timedOut()) cancel.request_stop();
        if (watch.over()) return;
        if (due == RunWatch::Due::renewal) {
            renew(watch, *term);
        } else {
            wake.wait_for(lock, ended, watch.next() - environment_.clock.now(), [] { return false; });
        }
    }
}

void JobRunner::renew(RunWatch& watch, const Term& term) const {
    const auto asked = environment_.clock.now();
    try {
        if (environment_.locks.extend(std::span{&term, 1}, job_.lock->atMost).front()) {
            watch.renewed(asked);
        } else {
            watch.refused();
        }
    } catch (const core::Error&) {
        watch.unanswered(environment_.clock.now());
    }
}

void JobRunner::remember(const JobRun& run) noexcept {
    const bool changed = lastOutcome_ != run.outcome;
    lastOutcome_ = run.outcome;
    if (run.outcome == JobRun::Outcome::failed || run.outcome == JobRun::Outcome::lost) {
        if (changed) {
            environment_.logger.error(
                "job_failed", {{"job", run.job}, {"outcome", name(run.outcome)}, {"error", run.detail}});
        }
    } else if (changed || job_.history == Job::History::every_run) {
        environment_.logger.info("job_ran",
                                 {{"job", run.job}, {"outcome", name(run.outcome)}, {"detail", run.detail}});
    }
    if (!changed && job_.history == Job::History::transitions) return;
    try {
        environment_.history.add(run);
    } catch (const std::exception& error) {
        environment_.logger.warning("job_history_failed", {{"job", run.job}, {"error", error.what()}});
    }
}

} // namespace outboxd::scheduler
