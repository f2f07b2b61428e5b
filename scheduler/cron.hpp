// Cron expressions: when a job is due by the wall clock of a time zone.
//
// Five fields: minute hour day-of-month month day-of-week; with six, seconds come first. A field is `*` or `?`, or a list
// of values, ranges `a-b` and steps `*/n`, `a-b/n`, `a/n` (from a to the end). Months and days of the week have names
// (JAN, MON), in any case; 0 and 7 are Sunday. In the day of the month `L` is the last day, `L-3` three days before it,
// `15W` the working day nearest to the 15th within the month, `LW` the last working day; in the day of the week `5L` is the
// last Friday of the month and `5#2` the second. A day has to satisfy both day fields if one of them
// begins with `*`, else either of them, as in Debian's cron. `@yearly` `@annually` `@monthly` `@weekly` `@daily` `@midnight` `@hourly` are known.
//
// When clocks change (Debian's cron does the same): an expression whose hour or minute begins with `*` follows the wall
// clock, so it runs in both passes of a repeated hour and not in a skipped one. Any other runs once: at the moment that
// the clock jumps to if its time was skipped, and in the first pass if its time comes twice.
//
// Source: crontab(5) of Debian; the CronTrigger page of Quartz for L, W and #.
#pragma once

#include "platform/core/clock.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace outboxd::scheduler {

// A value; all members may be called by any thread.
class Cron {
public:
    // Throws Error(misconfigured) that names the field, what is wrong with it and what is allowed. An expression that no
    // date satisfies (30 February) is refused, too.
    static Cron parse(std::string_view expression);

    // The first due time after `after`, to the second; empty if there is none within fifty years.
    std::optional<core::Timestamp> next(core::Timestamp after, const date::time_zone& zone) const;

    const std::string& text() const { return text_; }
    // Six, seconds first, in upper case; a nickname is resolved.
    const std::array<std::string, 6>& fields() const { return fields_; }
    // Hour or minute begins with *: see above for what that means when clocks change.
    bool followsClock() const { return followsClock_; }

private:
    // Seconds since 1970 on the wall clock.
    using Wall = std::chrono::duration<std::int64_t>;
    // Days of the month or the week that need a calendar to be known.
    struct Days {
        std::bitset<32> plain;
        std::bitset<32> fromLast;       // days before the last one: L is 0
        std::bitset<32> nearestWorking; // 15W
        bool lastWorking = false;       // LW
        bool restricted = false;
    };
    struct Weekdays {
        std::bitset<7> plain;
        std::bitset<7> last;
        std::array<std::bitset<6>, 7> nth; // by weekday: the first to the fifth
        bool restricted = false;
    };
    friend class CronParser;

    bool matches(const std::chrono::year_month_day& day) const;
    bool matchesMonthDay(const std::chrono::year_month_day& day) const;
    bool matchesWeekday(const std::chrono::year_month_day& day) const;
    // The first wall time that matches in [from, to).
    std::optional<Wall> nextWall(Wall from, Wall to) const;

    std::string text_;
    std::array<std::string, 6> fields_;
    std::bitset<60> seconds_, minutes_;
    std::bitset<24> hours_;
    std::bitset<13> months_;
    Days days_;
    Weekdays weekdays_;
    bool followsClock_ = false;
};

// The zone of this name in the machine's time zone database ("Europe/Berlin", "UTC"). Throws Error(misconfigured).
const date::time_zone& timeZone(const std::string& name);

} // namespace outboxd::scheduler
