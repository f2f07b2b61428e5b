#include "scheduler/cron.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <date/tz.h>

namespace outboxd::scheduler {

using namespace std::chrono;

namespace {

constexpr days kHorizon{50 * 366};

unsigned lastDayOf(const year_month_day& day) {
    return static_cast<unsigned>(year_month_day_last{day.year(), month_day_last{day.month()}}.day());
}

unsigned weekdayOf(const year_month_day& day) { return weekday{sys_days{day}}.c_encoding(); }

bool isWorking(unsigned weekday) { return weekday != 0 && weekday != 6; }

// The working day nearest to `wanted`, without leaving the month.
unsigned nearestWorkingDay(const year_month_day& month, unsigned wanted) {
    const auto last = lastDayOf(month);
    const auto on = weekdayOf(month.year() / month.month() / day{wanted});
    if (on == 6) return wanted > 1 ? wanted - 1 : wanted + 2;
    if (on == 0) return wanted < last ? wanted + 1 : wanted - 2;
    return wanted;
}

} // namespace

bool Cron::matchesMonthDay(const year_month_day& date) const {
    const auto on = static_cast<unsigned>(date.day());
    const auto last = lastDayOf(date);
    if (days_.plain[on] || days_.fromLast[last - on]) return true;
    if (days_.nearestWorking.none() && !days_.lastWorking) return false;
    if (!isWorking(weekdayOf(date))) return false;
    if (days_.lastWorking && nearestWorkingDay(date, last) == on) return true;
    for (unsigned wanted = on > 2 ? on - 2 : 1; wanted <= std::min(on + 2, last); ++wanted) {
        if (days_.nearestWorking[wanted] && nearestWorkingDay(date, wanted) == on) return true;
    }
    return false;
}

bool Cron::matchesWeekday(const year_month_day& date) const {
    const auto on = weekdayOf(date);
    const auto inMonth = static_cast<unsigned>(date.day());
    return weekdays_.plain[on] || (weekdays_.last[on] && inMonth + 7 > lastDayOf(date)) ||
           weekdays_.nth[on][(inMonth + 6) / 7];
}

bool Cron::matches(const year_month_day& date) const {
    if (!months_[static_cast<unsigned>(date.month())]) return false;
    const bool either = days_.restricted && weekdays_.restricted;
    return either ? matchesMonthDay(date) || matchesWeekday(date)
                  : matchesMonthDay(date) && matchesWeekday(date);
}

std::optional<Cron::Wall> Cron::nextWall(Wall from, Wall to) const {
    const auto firstDay = floor<days>(from);
    for (auto day = firstDay; Wall{day} < to; day += days{1}) {
        if (!matches(year_month_day{sys_days{day}})) continue;
        const auto begin = day == firstDay ? (from - day).count() : 0;
        for (auto hour = begin / 3600; hour < 24; ++hour) {
            if (!hours_[static_cast<std::size_t>(hour)]) continue;
            const auto inHour = std::max<std::int64_t>(0, begin - hour * 3600);
            for (auto minute = inHour / 60; minute < 60; ++minute) {
                if (!minutes_[static_cast<std::size_t>(minute)]) continue;
                auto second = std::max<std::int64_t>(0, inHour - minute * 60);
                while (second < 60 && !seconds_[static_cast<std::size_t>(second)]) ++second;
                if (second == 60) continue;
                const Wall found = Wall{day} + Wall{hour * 3600 + minute * 60 + second};
                if (found >= to) return std::nullopt;
                return found;
            }
        }
    }
    return std::nullopt;
}

// The zone's time is a chain of stretches with one offset each; within a stretch the wall clock only goes forward.
std::optional<core::Timestamp> Cron::next(core::Timestamp after, const date::time_zone& zone) const {
    auto at = floor<seconds>(after) + 1s;
    const auto horizon = at + kHorizon;
    auto stretch = zone.get_info(at);
    while (at < horizon) {
        const auto wall = [&](sys_seconds time) { return Wall{time.time_since_epoch() + stretch.offset}; };
        auto from = wall(at);
        if (!followsClock_ && stretch.begin > sys_seconds::min() + days{1}) {
            const auto before = zone.get_info(stretch.begin - 1s);
            const Wall reached{stretch.begin.time_since_epoch() + before.offset};
            // Skipped times are due at the jump; repeated ones were due in the first pass.
            if (at == stretch.begin && nextWall(reached, wall(at))) return at;
            from = std::max(from, reached);
        }
        const auto end = std::min(stretch.end, horizon);
        if (const auto found = nextWall(from, wall(end))) return sys_seconds{*found - stretch.offset};
        if (end == horizon) break;
        at = end;
        stretch = zone.get_info(at);
    }
    return std::nullopt;
}

const date::time_zone& timeZone(const std::string& name) {
    try {
        return *date::locate_zone(name);
    } catch (const std::exception&) {
        throw core::Error(core::ErrorKind::misconfigured,
                          "'" + name + "' is no time zone that this machine knows",
                          "write a name as in /usr/share/zoneinfo, such as Europe/Berlin or UTC");
    }
}

} // namespace outboxd::scheduler
