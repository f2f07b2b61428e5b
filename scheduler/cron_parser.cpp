// From text to a Cron; all its rules of form and their messages.
#include "platform/core/error.hpp"
#include "scheduler/cron.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <date/tz.h>
#include <vector>

namespace outboxd::scheduler {
namespace {

constexpr std::size_t kLongest = 256;

struct Field {
    const char* name;
    unsigned lowest, highest;
    std::vector<std::string_view> names; // of lowest and those that follow
};

const Field kSecond{"second", 0, 59, {}};
const Field kMinute{"minute", 0, 59, {}};
const Field kHour{"hour", 0, 23, {}};
const Field kDay{"day of the month", 1, 31, {}};
const Field kMonth{
    "month", 1, 12, {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}};
const Field kWeekday{"day of the week", 0, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}};

const std::array<std::pair<std::string_view, std::string_view>, 7> kNicknames{{{"@YEARLY", "0 0 1 1 *"},
                                                                               {"@ANNUALLY", "0 0 1 1 *"},
                                                                               {"@MONTHLY", "0 0 1 * *"},
                                                                               {"@WEEKLY", "0 0 * * 0"},
                                                                               {"@DAILY", "0 0 * * *"},
                                                                               {"@MIDNIGHT", "0 0 * * *"},
                                                                               {"@HOURLY", "0 * * * *"}}};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find_first_of(separators);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string upper(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

} // namespace

class CronParser {
public:
    explicit CronParser(std::string_view expression) : expression_(expression) {}

    Cron parse() {
        Cron cron;
        cron.text_ = std::string{expression_};
        if (expression_.size() > kLongest) fail("it is longer than 256 characters", "write less");
        auto text = upper(expression_);
        if (text.starts_with('@')) {
            const auto known =
                std::ranges::find(kNicknames, text, &std::pair<std::string_view, std::string_view>::first);
            if (known == kNicknames.end())
                fail("there is no such nickname",
                     "write @yearly, @monthly, @weekly, @daily, @hourly, or five or six fields");
            text = known->second;
        }
        auto fields = split(text, " \t");
        std::erase(fields, std::string_view{});
        if (fields.size() != 5 && fields.size() != 6)
            fail("it has " + std::to_string(fields.size()) + " fields",
                 "write five (minute hour day month weekday) or six (with seconds first)");
        if (fields.size() == 5) fields.insert(fields.begin(), "0");

        std::ranges::copy(fields, cron.fields_.begin());
        plain(kSecond, fields[0], cron.seconds_);
        plain(kMinute, fields[1], cron.minutes_);
        plain(kHour, fields[2], cron.hours_);
        for (const auto part : split(fields[3], ",")) day(part, cron.days_);
        plain(kMonth, fields[4], cron.months_);
        for (const auto part : split(fields[5], ",")) weekday(part, cron.weekdays_);
        const auto open = [](std::string_view field) { return field.front() == '*' || field.front() == '?'; };
        cron.days_.restricted = !open(fields[3]);
        cron.weekdays_.restricted = !open(fields[5]);
        cron.followsClock_ = open(fields[1]) || open(fields[2]);
        if (!cron.nextWall(Cron::Wall{0}, Cron::Wall{std::chrono::days{50 * 366}}))
            fail("no date ever satisfies it", "look at the day of the month and the month");
        return cron;
    }

private:
    [[noreturn]] void fail(const std::string& problem, const std::string& hint) const {
        throw core::Error(core::ErrorKind::misconfigured,
                          "the cron expression '" + std::string{expression_.substr(0, kLongest)} +
                              "' cannot be read: " + problem,
                          hint);
    }
    [[noreturn]] void fail(const Field& field, std::string_view part) const {
        auto allowed = std::to_string(field.lowest) + " to " + std::to_string(field.highest);
        if (!field.names.empty())
            allowed += ", or " + std::string{field.names.front()} + " to " + std::string{field.names.back()};
        fail(std::string{field.name} + " '" + std::string{part} + "' is not understood",
             std::string{field.name} + " takes " + allowed + ", lists, ranges a-b and steps */n");
    }

    static bool free(std::string_view text) { return text == "*" || text == "?"; }

    std::optional<unsigned> number(std::string_view text) const {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        return value;
    }
    unsigned value(const Field& field, std::string_view text, std::string_view part) const {
        const auto named = std::ranges::find(field.names, text);
        if (named != field.names.end())
            return field.lowest + static_cast<unsigned>(named - field.names.begin());
        const auto given = number(text);
        if (!given || *given < field.lowest || *given > field.highest) fail(field, part);
        return *given;
    }

    template <class Set> void range(const Field& field, std::string_view part, Set& set) const {
        const auto pieces = split(part, "/");
        unsigned step = 1;
        if (pieces.size() > 2) fail(field, part);
        if (pieces.size() == 2) {
            const auto given = number(pieces[1]);
            if (!given || *given == 0 || *given > field.highest) fail(field, part);
            step = *given;
        }
        unsigned first = field.lowest;
        unsigned last = &field == &kWeekday ? 6 : field.highest;
        if (!free(pieces[0])) {
            const auto ends = split(pieces[0], "-");
            if (ends.size() > 2) fail(field, part);
            first = value(field, ends[0], part);
            if (ends.size() == 2) last = value(field, ends[1], part);
            if (ends.size() == 1 && pieces.size() == 1) last = first;
            // The week begins where people want it to: FRI-SUN, SAT-MON.
            if (first > last && &field == &kWeekday) last += 7;
            if (first > last)
                fail(std::string{field.name} + " '" + std::string{part} + "' goes backwards",
                     "write it as two ranges, such as 22-23,0-4");
        }
        for (auto next = first; next <= last; next += step) set.set(&field == &kWeekday ? next % 7 : next);
    }
    template <class Set> void plain(const Field& field, std::string_view text, Set& set) const {
        for (const auto part : split(text, ",")) range(field, part, set);
    }

    void day(std::string_view part, Cron::Days& days) const {
        if (part == "L") return void(days.fromLast.set(0));
        if (part == "LW") {
            days.lastWorking = true;
        } else if (part.starts_with("L-")) {
            const auto before = number(part.substr(2));
            if (!before || *before > 30) fail(kDay, part);
            days.fromLast.set(*before);
        } else if (part.ends_with('W')) {
            days.nearestWorking.set(value(kDay, part.substr(0, part.size() - 1), part));
        } else {
            range(kDay, part, days.plain);
        }
    }
    void weekday(std::string_view part, Cron::Weekdays& weekdays) const {
        if (part.size() > 1 && part.ends_with('L')) {
            weekdays.last.set(value(kWeekday, part.substr(0, part.size() - 1), part) % 7);
        } else if (const auto hash = part.find('#'); hash != std::string_view::npos) {
            const auto nth = number(part.substr(hash + 1));
            if (!nth || *nth == 0 || *nth > 5) fail(kWeekday, part);
            weekdays.nth.at(value(kWeekday, part.substr(0, hash), part) % 7).set(*nth);
        } else {
            range(kWeekday, part, weekdays.plain);
        }
    }

    std::string_view expression_;
};

Cron Cron::parse(std::string_view expression) { return CronParser(expression).parse(); }

} // namespace outboxd::scheduler
