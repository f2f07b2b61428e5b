#include "scheduler/cluster_timer.hpp"

#include <algorithm>
#include <utility>

namespace outboxd::scheduler {

using namespace std::chrono;

namespace {

constexpr auto kFarAway = days{50 * 366}; // Cron finds nothing beyond
constexpr microseconds kNoteEvery = 1s;   // an obstacle of a fixed delay, at most

bool isHeld(const JobView& job, core::Timestamp now) { return job.heldUntil > now; }

ClusterTimer::Skip pausedSkip(const JobView& job, std::optional<core::Timestamp> planned) {
    auto detail = "paused by " + job.paused->by;
    if (!job.paused->reason.empty()) detail += ": " + job.paused->reason;
    return {SkipReason::paused, planned, {}, std::move(detail)};
}

ClusterTimer::Skip heldSkip(const JobView& job, std::optional<core::Timestamp> planned) {
    return {SkipReason::held_elsewhere, planned, job.holder, "locked by " + job.holder};
}

} // namespace

ClusterTimer::ClusterTimer(const Schedule& schedule, std::string job, std::string node, Time from)
    : schedule_(schedule), job_(std::move(job)), node_(std::move(node)), from_(from) {
    requireSound(schedule_);
}

ClusterTimer::Turn ClusterTimer::look(const JobView& job, Time now) {
    auto turn = regular(job, now);
    if (!job.asked || std::holds_alternative<Skip>(turn)) return turn;
    if (isHeld(job, now)) {
        if (auto* wait = std::get_if<Wait>(&turn)) wait->until = std::min(wait->until, job.heldUntil);
        return turn;
    }
    const auto* begin = std::get_if<Begin>(&turn);
    return Begin{begin && schedule_.kind != Schedule::Kind::fixed_delay ? begin->planned : std::nullopt,
                 true};
}

ClusterTimer::Turn ClusterTimer::regular(const JobView& job, Time now) {
    if (now < from_) return Wait{from_};
    return schedule_.kind == Schedule::Kind::fixed_delay ? delayed(job, now) : planned(job, now);
}

ClusterTimer::Turn ClusterTimer::delayed(const JobView& job, Time now) {
    const auto& base = job.state == JobView::State::running ? job.started : job.ended;
    const auto planned = base ? std::max(from_, *base + schedule_.interval) : from_;
    if (now < due(planned)) return Wait{due(planned)};
    const bool held = isHeld(job, now);
    if (!job.paused && !held) return Begin{planned};
    if (now < noteAgain_) return Wait{held ? std::min(noteAgain_, job.heldUntil) : noteAgain_};
    noteAgain_ = now + std::max(schedule_.interval, kNoteEvery);
    return job.paused ? pausedSkip(job, std::nullopt) : heldSkip(job, std::nullopt);
}

ClusterTimer::Turn ClusterTimer::planned(const JobView& job, Time now) {
    if (awaited_ && job.planned && *job.planned >= *awaited_) {
        const auto passed = *std::exchange(awaited_, std::nullopt);
        if (job.node != node_) {
            if (job.state == JobView::State::running && isHeld(job, now)) return heldSkip(job, passed);
            return Skip{SkipReason::already_run, passed, {}, "run by " + job.node};
        }
    }
    const auto first = firstOpen(job);
    const auto last = first <= now ? latest(first, now) : first;
    if (noted_ != last) awaited_ = last;
    const auto from = due(last);
    return now < from ? Wait{from} : overdue(job, last, from, now);
}

ClusterTimer::Turn ClusterTimer::overdue(const JobView& job, Time planned, Time due, Time now) {
    const bool onTime = now - due <= kGrace;
    const bool held = isHeld(job, now);
    const bool free = !job.paused && !held;
    if (free && (onTime || schedule_.misfire == Schedule::Misfire::run)) return Begin{planned};
    const auto later = this->due(next(planned));
    if (!job.paused && held && onTime) return Wait{std::min({job.heldUntil, due + kGrace + 1us, later})};
    if (noted_ == planned) {
        awaited_ = next(planned);
        return Wait{held ? std::min(job.heldUntil, later) : later};
    }
    noted_ = planned;
    awaited_.reset();
    if (job.paused) return pausedSkip(job, planned);
    if (held) return heldSkip(job, planned);
    return Skip{SkipReason::missed, planned, {}, "nobody could begin it within a minute"};
}

ClusterTimer::Time ClusterTimer::firstOpen(const JobView& job) const {
    if (job.planned) return next(*job.planned);
    return schedule_.kind == Schedule::Kind::cron ? next(from_) : from_;
}

ClusterTimer::Time ClusterTimer::next(Time planned) const {
    if (schedule_.kind != Schedule::Kind::cron) return planned + schedule_.interval;
    const auto found = schedule_.cron->next(planned, timeZone(schedule_.zone));
    return found ? Time{*found} : planned + kFarAway;
}

// By halving: a job may have been left alone for long, and cron only counts forward.
ClusterTimer::Time ClusterTimer::latest(Time first, Time now) const {
    if (schedule_.kind != Schedule::Kind::cron)
        return first + schedule_.interval * ((now - first) / schedule_.interval);
    auto last = first, end = now; // no planned time is after `end` and not after `now`
    while (end - last > 1s) {
        const auto middle = last + (end - last) / 2;
        if (const auto found = next(middle); found <= now) {
            last = found;
        } else {
            end = middle;
        }
    }
    const auto found = next(last);
    return found <= now ? found : last;
}

ClusterTimer::Time ClusterTimer::due(Time planned) const {
    if (schedule_.jitter == 0us) return planned;
    return planned + jitterOf(schedule_, job_, planned);
}

} // namespace outboxd::scheduler
