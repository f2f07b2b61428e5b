#include "scheduler/schedule.hpp"

#include "platform/core/error.hpp"

#include <algorithm>

namespace outboxd::scheduler {

using namespace std::chrono;

namespace {

// How much the calendar may seem to go back without meaning it: estimates of it differ by milliseconds.
constexpr auto kSlack = 1min;
constexpr auto kLongTime = 24h;

[[noreturn]] void refuse(const char* why) {
    throw core::Error(core::ErrorKind::misconfigured, why, "look at the job's schedule");
}

// The same on every machine, unlike std::hash.
std::uint64_t mixed(std::string_view text, std::int64_t number) {
    std::uint64_t hash = 14695981039346656037ULL; // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash += static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL; // splitmix64
    hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBULL;
    return hash ^ (hash >> 31);
}

} // namespace

void requireSound(const Schedule& schedule) {
    if (schedule.initialDelay < 0us || schedule.jitter < 0us)
        refuse("a job's initial delay and jitter must not be negative");
    if (schedule.kind != Schedule::Kind::cron) {
        if (schedule.interval <= 0us) refuse("a job's interval must be above zero");
        return;
    }
    if (!schedule.cron) refuse("a cron schedule needs an expression");
    timeZone(schedule.zone);
}

microseconds jitterOf(const Schedule& schedule, std::string_view job, core::Timestamp planned) {
    auto limit = schedule.jitter;
    if (limit <= 0us) return 0us;
    if (schedule.kind == Schedule::Kind::cron) {
        const auto next = schedule.cron->next(planned, timeZone(schedule.zone));
        if (next) limit = std::min(limit, duration_cast<microseconds>(*next - planned));
    } else {
        limit = std::min(limit, schedule.interval);
    }
    const auto drawn =
        mixed(job, planned.time_since_epoch().count()) % static_cast<std::uint64_t>(limit.count());
    return microseconds{static_cast<std::int64_t>(drawn)};
}

JobTimer::JobTimer(Schedule schedule, std::string job, core::Instant start)
    : schedule_(std::move(schedule)), job_(std::move(job)), planned_(start + schedule_.initialDelay) {
    requireSound(schedule_);
}

bool JobTimer::isDue(core::Instant now, core::Timestamp today) { return untilDue(now, today) <= 0us; }

core::Instant::duration JobTimer::untilDue(core::Instant now, core::Timestamp today) {
    if (schedule_.kind == Schedule::Kind::cron) return cronDue(now, today);
    return planned_ + jitterOf(schedule_, job_, core::Timestamp{planned_.time_since_epoch()}) - now;
}

core::Instant::duration JobTimer::cronDue(core::Instant now, core::Timestamp today) {
    if (now < planned_) return planned_ - now;
    if (!upTo_ || *upTo_ > today + kSlack) upTo_ = today;
    const auto next = schedule_.cron->next(*upTo_, timeZone(schedule_.zone));
    if (!next) return kLongTime;
    return *next + jitterOf(schedule_, job_, *next) - today;
}

void JobTimer::ran(core::Instant now, core::Timestamp today) {
    if (schedule_.kind == Schedule::Kind::cron) {
        upTo_ = std::max(upTo_.value_or(today), today);
    } else if (schedule_.kind == Schedule::Kind::fixed_delay) {
        planned_ = now + schedule_.interval;
    } else {
        planned_ += schedule_.interval;
        if (planned_ >= now) return;
        // Missed some: the next one on the same beat, which may be this moment's.
        const auto missed = (now - planned_ - 1us) / schedule_.interval;
        planned_ += schedule_.interval * (missed + 1);
    }
}

} // namespace outboxd::scheduler
