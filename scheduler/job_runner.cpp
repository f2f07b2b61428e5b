#include "scheduler/job_runner.hpp"

#include "platform/core/error.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

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

JobView::State stateOf(JobRun::Outcome outcome) {
    switch (outcome) {
    case JobRun::Outcome::done: return JobView::State::done;
    case JobRun::Outcome::lost: return JobView::State::lost;
    case JobRun::Outcome::cancelled: return JobView::State::cancelled;
    default: return JobView::State::failed;
    }
}

JobRun notBegun(const BeginAnswer& answer) {
    JobRun run;
    run.outcome = JobRun::Outcome::skipped;
    run.skip = SkipReason::already_run;
    if (const auto* held = std::get_if<LockHeld>(&answer)) {
        run.skip = SkipReason::held_elsewhere;
        run.holder = held->holder;
    } else if (std::holds_alternative<JobPaused>(answer)) {
        run.skip = SkipReason::paused;
    }
    return run;
}

} // namespace

std::string_view name(SkipReason reason) {
    switch (reason) {
    case SkipReason::held_elsewhere: return "HELD_ELSEWHERE";
    case SkipReason::paused: return "PAUSED";
    case SkipReason::already_run: return "ALREADY_RUN";
    case SkipReason::missed: return "MISSED";
    }
    return "MISSED";
}

void JobRunner::learn(const JobView& seen) noexcept {
    known_ = seen;
    if (unended_) end(*std::exchange(unended_, std::nullopt));
}

JobRun JobRunner::runOnce(const std::stop_token& stop, const ClusterTimer::Begin& begin,
                          core::Timestamp now) noexcept {
    JobRun run;
    try {
        if (job_.lock) {
            run = runLocked(stop, begin, now);
            if (run.outcome == JobRun::Outcome::skipped) return run;
            end(run);
            return run;
        }
        run = this->run(stop, std::nullopt, std::nullopt);
    } catch (const std::exception& error) { // the lock could not be asked for
        run.outcome = JobRun::Outcome::failed;
        run.detail = error.what();
        run.started = run.ended = environment_.clock.now();
    }
    run.job = job_.name;
    remember(run);
    return run;
}

JobRun JobRunner::runLocked(const std::stop_token& stop, const ClusterTimer::Begin& begin,
                            core::Timestamp now) {
    const auto asked = environment_.clock.now(); // before the statement is sent: the lease can only end later
    const Term term{job_.name, newHolder(environment_.node, environment_.clock)};
    auto seen = std::exchange(known_, std::nullopt).value_or(JobView{.job = job_.name});
    const auto order = begin.asked ? seen.asked : std::nullopt;
    const auto obey = [&](JobRun& run) {
        if (!order) return;
        run.askedBy = order->by;
        run.askedAt = order->at;
    };
    BeginAnswer answer;
    try {
        answer = environment_.board.begin({term, job_.lock->atMost, seen, begin.planned, begin.asked});
    } catch (const std::exception&) {
        JobRun doubtful{.job = job_.name, .term = term.holder, .started = asked, .ended = asked};
        doubtful.outcome = JobRun::Outcome::cancelled;
        doubtful.detail = "the database went away while it began";
        doubtful.planned = begin.planned;
        obey(doubtful);
        unended_ = std::move(doubtful);
        throw;
    }
    if (!std::holds_alternative<RunBegun>(answer)) return notBegun(answer);
    auto done = run(stop, term, RunWatch::Lease{asked, job_.lock->atMost});
    done.job = job_.name;
    done.planned = begin.planned;
    obey(done);

    if (order) seen.asked.reset();
    seen.obeyed = order;
    if (begin.planned) seen.planned = begin.planned;
    seen.started = now;
    seen.ended = now + (done.ended - asked);
    seen.state = stateOf(done.outcome);
    seen.node = environment_.node;
    seen.term = seen.holder = term.holder;
    seen.heldUntil = std::max(*seen.ended, now + job_.lock->atLeast);
    known_ = std::move(seen);
    return done;
}

// Until the board has heard of it nobody begins the job before its lease is over, and then calls it lost.
void JobRunner::end(const JobRun& run) noexcept {
    try {
        if (environment_.board.end({job_.name, run.term}, job_.lock->atLeast, stateOf(run.outcome)))
            return remember(run);
        known_.reset();
        if (run.outcome != JobRun::Outcome::cancelled) log(run, true); // in the history as lost
    } catch (const std::exception& error) {
        unended_ = run;
        known_.reset();
        environment_.logger.warning("job_unlock_failed",
                                    {{"job", job_.name},
                                     {"error", error.what()},
                                     {"consequence", "the lock comes free when its lease runs out"}});
    }
}

void JobRunner::skip(const ClusterTimer::Skip& skip) noexcept {
    JobRun run{.job = job_.name, .started = environment_.clock.now(), .ended = environment_.clock.now()};
    run.outcome = JobRun::Outcome::skipped;
    run.skip = skip.reason;
    run.planned = skip.planned;
    run.holder = skip.holder;
    run.detail = skip.detail;
    remember(run);
}

JobRun JobRunner::run(const std::stop_token& stop, const std::optional<Term>& term,
                      const std::optional<RunWatch::Lease>& lease) {
    JobRun run;
    if (term) run.term = term->holder;
    run.started = environment_.clock.now();
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
    run.ended = environment_.clock.now();
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
    const std::tuple now{run.outcome, run.skip, run.holder};
    const bool changed = last_ != now;
    last_ = now;
    log(run, changed);
    if (!changed && job_.history == Job::History::transitions && run.askedBy.empty()) return;
    try {
        environment_.history.add(run);
    } catch (const std::exception& error) {
        environment_.logger.warning("job_history_failed", {{"job", run.job}, {"error", error.what()}});
    }
}

void JobRunner::log(const JobRun& run, bool changed) noexcept {
    if (run.outcome == JobRun::Outcome::failed || run.outcome == JobRun::Outcome::lost) {
        if (changed) {
            environment_.logger.error(
                "job_failed", {{"job", run.job}, {"outcome", name(run.outcome)}, {"error", run.detail}});
        }
    } else if (changed || job_.history == Job::History::every_run) {
        environment_.logger.info("job_ran",
                                 {{"job", run.job}, {"outcome", name(run.outcome)}, {"detail", run.detail}});
    }
}

} // namespace outboxd::scheduler
