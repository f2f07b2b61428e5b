#include "scheduler/schedule_text.hpp"

#include "platform/core/error.hpp"
#include "platform/core/units.hpp"

#include <array>
#include <date/tz.h>
#include <fmt/format.h>

namespace outboxd::scheduler {

using namespace std::chrono;

namespace {

constexpr std::string_view kEvery = "every ";
constexpr std::string_view kAfter = "after ";
constexpr auto kHint =
    "write 'every 1h', 'after 10s' (counted from the end of the last run), or a cron expression "
    "such as '0 3 * * MON'";

microseconds interval(std::string_view text, std::string_view duration) {
    const auto parsed = core::parseDuration(duration);
    if (const auto* wrong = std::get_if<core::Unreadable>(&parsed))
        throw core::Error(
            core::ErrorKind::misconfigured,
            fmt::format("the schedule '{}' cannot be read: '{}' {}", text, duration, wrong->why), kHint);
    const auto time = std::get<milliseconds>(parsed);
    if (time <= 0ms || time > days{366})
        throw core::Error(core::ErrorKind::misconfigured,
                          fmt::format("the schedule '{}' must be above 0 and at most 366d", text), kHint);
    return time;
}

std::string durationInWords(microseconds time) {
    struct Unit {
        microseconds length;
        const char* name;
    };
    static constexpr std::array<Unit, 6> units{{{days{1}, "day"},
                                                {1h, "hour"},
                                                {1min, "minute"},
                                                {1s, "second"},
                                                {1ms, "millisecond"},
                                                {1us, "microsecond"}}};
    for (const auto& [length, name] : units) {
        if (time % length != 0us) continue;
        const auto count = time / length;
        return count == 1 ? std::string{name} : fmt::format("{} {}s", count, name);
    }
    return {};
}

std::string one(std::string duration) {
    const bool counted = duration.find(' ') != std::string::npos;
    if (counted) return duration;
    return (duration == "hour" ? "an " : "a ") + duration;
}

} // namespace

Schedule parseSchedule(std::string_view text, const std::string& zone) {
    Schedule schedule;
    schedule.zone = zone;
    timeZone(zone);
    if (text.starts_with(kEvery)) {
        schedule.kind = Schedule::Kind::fixed_rate;
        schedule.interval = interval(text, text.substr(kEvery.size()));
    } else if (text.starts_with(kAfter)) {
        schedule.kind = Schedule::Kind::fixed_delay;
        schedule.interval = interval(text, text.substr(kAfter.size()));
    } else {
        schedule.kind = Schedule::Kind::cron;
        schedule.cron = Cron::parse(text);
    }
    return schedule;
}

std::string scheduleText(const Schedule& schedule) {
    if (schedule.kind == Schedule::Kind::cron) return schedule.cron->text();
    const auto time = schedule.interval % 1ms == 0us
                          ? core::formatDuration(duration_cast<milliseconds>(schedule.interval))
                          : fmt::format("{}us", schedule.interval.count());
    return std::string{schedule.kind == Schedule::Kind::fixed_rate ? kEvery : kAfter} + time;
}

std::string inWords(const Schedule& schedule) {
    std::string words;
    switch (schedule.kind) {
    case Schedule::Kind::fixed_rate: words = "every " + durationInWords(schedule.interval); break;
    case Schedule::Kind::fixed_delay:
        words = one(durationInWords(schedule.interval)) + " after the end of the run before";
        break;
    case Schedule::Kind::cron: words = cronInWords(*schedule.cron); break;
    }
    if (schedule.jitter > 0us)
        words += fmt::format(", each up to {} later", one(durationInWords(schedule.jitter)));
    return words;
}

std::string atClockChanges(const Schedule& schedule, core::Timestamp now) {
    if (schedule.kind != Schedule::Kind::cron) return {};
    const auto& zone = timeZone(schedule.zone);
    const auto change = zone.get_info(floor<seconds>(now)).end;
    if (change > now + days{2 * 366}) return {};
    if (schedule.cron->followsClock())
        return "when clocks change it follows the wall clock: in both passes of a repeated hour, and not in a skipped one";
    return "when clocks change it runs once: at the moment of the jump if its time is skipped, in the first pass if its "
           "time comes twice";
}

std::vector<core::Timestamp> nextRuns(const Schedule& schedule, core::Timestamp after, std::size_t count) {
    std::vector<core::Timestamp> runs;
    while (runs.size() < count) {
        const auto next = schedule.kind == Schedule::Kind::cron
                              ? schedule.cron->next(after, timeZone(schedule.zone))
                              : std::optional{after + schedule.interval};
        if (!next) break;
        runs.push_back(after = *next);
    }
    return runs;
}

std::string localText(core::Timestamp time, const std::string& zone) {
    return date::format("%F %T %Z", date::make_zoned(&timeZone(zone), floor<seconds>(time)));
}

} // namespace outboxd::scheduler
