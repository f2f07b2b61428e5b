// Schedules as people write and read them.
//
//   every 1h       every hour, counted from the planned times
//   after 10s      ten seconds after the end of the last run, whichever node made it
//   0 3 * * MON    a cron expression, see cron.hpp
//
// Durations are a whole number and ms, s, m, h or d.
#pragma once

#include "scheduler/schedule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace outboxd::scheduler {

// Throws Error(misconfigured) that says what is wrong, with a hint that says what may be written.
Schedule parseSchedule(std::string_view text, const std::string& zone);

// The form that parseSchedule() reads, without delays, jitter and misfire policy.
std::string scheduleText(const Schedule& schedule);

// For people: "every hour", "10 seconds after the end of the run before", "at 03:00 on Monday".
std::string inWords(const Schedule& schedule);
std::string cronInWords(const Cron& cron);

// What a cron schedule does when the clocks of its zone change; empty for other schedules, and for a zone whose clocks do
// not change within two years from `now`.
std::string atClockChanges(const Schedule& schedule, core::Timestamp now);

// The next planned times after `after`, without jitter; fewer if there are none within fifty years. For a fixed rate
// `after` is the last planned time; for a fixed delay the end of the last run, and the runs take no time.
std::vector<core::Timestamp> nextRuns(const Schedule& schedule, core::Timestamp after, std::size_t count);

// "2026-11-22 03:00:00 CET", as the zone's clocks show it.
std::string localText(core::Timestamp time, const std::string& zone);

} // namespace outboxd::scheduler
