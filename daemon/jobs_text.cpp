#include "daemon/jobs_text.hpp"

#include "scheduler/schedule_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace outboxd::daemon {

using scheduler::Schedule;

namespace {

constexpr std::size_t kShown = 10; // planned times of a cron expression
constexpr std::size_t kShownOnALine = 5;

std::string lockText(const JobSettings& job) {
    using config::formatDuration;
    if (!job.lock) return "on every node, without a lock";
    auto text = "lock " + formatDuration(job.lock->atMost);
    if (job.lock->atLeast > 0ms) text += ", kept for " + formatDuration(job.lock->atLeast) + " at least";
    return text;
}

std::string nextText(const Schedule& schedule, core::Timestamp now) {
    std::string text;
    std::size_t shown = 0;
    for (const auto time : scheduler::nextRuns(schedule, now, kShown)) {
        if (shown % kShownOnALine == 0) text += shown == 0 ? "    next: " : "\n          ";
        text += (shown % kShownOnALine == 0 ? "" : ", ") + scheduler::localText(time, schedule.zone);
        ++shown;
    }
    return text + "\n";
}

std::string jobText(const JobDescription& description, const JobSettings& job, core::Timestamp now) {
    const auto& schedule = job.schedule;
    const bool cron = schedule.kind == Schedule::Kind::cron;
    auto text = fmt::format("  {}: {}{}; {}, time limit {}", description.name, inWords(schedule),
                            cron ? fmt::format(" ({})", schedule.zone) : "", lockText(job),
                            config::formatDuration(job.timeout));
    if (job.lock && schedule.kind != Schedule::Kind::fixed_delay)
        text +=
            schedule.misfire == Schedule::Misfire::run ? "; missed: made good once" : "; missed: passed over";
    text += "\n";
    if (cron) text += nextText(schedule, now);
    const auto changes = atClockChanges(schedule, now);
    if (!changes.empty()) text += "    " + changes + "\n";
    return text;
}

} // namespace

std::string jobsText(const Settings& settings, core::Timestamp now) {
    std::string text =
        "Jobs of this node, by the database's clock. Those with a lock run on one node at a time, each planned "
        "time once.\n";
    for (const auto& description : jobDescriptions()) {
        const auto& job = settings.jobs.of(description.name);
        if (!job.enabled) {
            text += fmt::format("  {}: off\n", description.name);
        } else if (!description.here(settings)) {
            text += fmt::format("  {}: not on this node; it needs {}\n", description.name, description.needs);
        } else {
            text += jobText(description, job, now);
        }
    }
    return text;
}

} // namespace outboxd::daemon
