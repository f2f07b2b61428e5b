// Cron expressions in words, field by field.
#include "scheduler/schedule_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

namespace outboxd::scheduler {
namespace {

using Naming = std::function<std::string(std::string_view value)>;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool open(std::string_view field) { return field == "*" || field == "?"; }

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// All values of a list without ranges and steps; empty if it has some.
std::vector<unsigned> numbers(std::string_view field) {
    std::vector<unsigned> values;
    for (const auto part : split(field, ',')) {
        const auto value = number(part);
        if (!value) return {};
        values.push_back(*value);
    }
    return values;
}

std::string joined(const std::vector<std::string>& parts, std::string_view last = " and ") {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 == parts.size() ? std::string{last} : ", ") + parts[i];
    return text;
}

std::string ordinal(unsigned value) {
    const auto teen = value % 100 >= 11 && value % 100 <= 13;
    const auto* ending = teen              ? "th"
                         : value % 10 == 1 ? "st"
                         : value % 10 == 2 ? "nd"
                         : value % 10 == 3 ? "rd"
                                           : "th";
    return fmt::format("{}{}", value, ending);
}
std::string ordinal(std::string_view value) { return ordinal(number(value).value_or(0)); }

// "5", "5 to 7", "every 2nd hour from 5 on": one part of a list.
std::string part(std::string_view text, const std::string& unit, const Naming& name) {
    const auto slash = text.find('/');
    const auto values = split(text.substr(0, slash), '-');
    auto span = open(values[0]) ? "" : name(values[0]);
    if (values.size() == 2) span += " to " + name(values[1]);
    if (slash == std::string_view::npos) return span;
    const auto step = text.substr(slash + 1);
    auto every = step == "1" ? "every " + unit : fmt::format("every {} {}", ordinal(step), unit);
    if (span.empty()) return every;
    return every + " from " + span + (values.size() == 2 ? "" : " on");
}

std::string list(std::string_view field, const std::string& unit, const Naming& name) {
    std::vector<std::string> parts;
    for (const auto text : split(field, ',')) parts.push_back(part(text, unit, name));
    return joined(parts);
}

std::string nameFrom(std::string_view value, unsigned lowest, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        const auto same = [](char a, char b) { return a == std::toupper(static_cast<unsigned char>(b)); };
        if (value.size() == 3 && std::ranges::equal(value, std::string_view{name}.substr(0, 3), same))
            return name;
    }
    const auto place = number(value).value_or(lowest) - lowest;
    return names.at(place % names.size());
}

std::string weekday(std::string_view value) {
    return nameFrom(value, 0, {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"});
}
std::string month(std::string_view value) {
    return nameFrom(value, 1,
                    {"January", "February", "March", "April", "May", "June", "July", "August", "September",
                     "October", "November", "December"});
}
std::string plain(std::string_view value) { return std::string{value}; }

// "at 03:00 and 15:00"; empty if the times are too many to be named, or not plain.
std::string clockTimes(std::string_view second, std::string_view minute, std::string_view hour) {
    constexpr std::size_t most = 6;
    const auto seconds = numbers(second), minutes = numbers(minute), hours = numbers(hour);
    if (seconds.size() != 1 || minutes.empty() || hours.empty() || minutes.size() * hours.size() > most)
        return {};
    std::vector<std::string> times;
    for (const auto h : hours)
        for (const auto m : minutes)
            times.push_back(seconds[0] == 0 ? fmt::format("{:02}:{:02}", h, m)
                                            : fmt::format("{:02}:{:02}:{:02}", h, m, seconds[0]));
    return "at " + joined(times);
}

// A field of seconds or minutes: "every second", "every 15 minutes", "at minute 5 and 20".
std::string rhythm(std::string_view field, const std::string& unit) {
    constexpr unsigned whole = 60;
    if (open(field)) return "every " + unit;
    const auto step = field.starts_with("*/") ? number(field.substr(2)) : std::nullopt;
    if (step && *step > 1 && whole % *step == 0) return fmt::format("every {} {}s", *step, unit);
    const bool named = field.find('/') == std::string_view::npos;
    return "at " + (named ? unit + " " : "") + list(field, unit, plain);
}

std::string time(std::string_view second, std::string_view minute, std::string_view hour) {
    if (auto times = clockTimes(second, minute, hour); !times.empty()) return times;
    if (second == "0" && minute == "0" && open(hour)) return "every hour, on the hour";
    std::string words;
    if (second != "0") words = rhythm(second, "second");
    if (words.empty()) {
        words = rhythm(minute, "minute");
    } else if (!open(minute)) {
        words += ", " + rhythm(minute, "minute");
    }
    const bool pointed = words.starts_with("at ");
    if (open(hour)) return pointed ? words + " of every hour" : words;
    const bool named = hour.find('/') == std::string_view::npos;
    return words + " of " + (named ? "hour " : "") + list(hour, "hour", plain);
}

std::string monthDays(std::string_view field) {
    std::vector<std::string> parts;
    for (const auto text : split(field, ',')) {
        if (text == "L") {
            parts.emplace_back("the last day of the month");
        } else if (text == "LW") {
            parts.emplace_back("the last working day of the month");
        } else if (text.starts_with("L-")) {
            parts.push_back("the day " + std::string{text.substr(2)} + " before the last of the month");
        } else if (text.ends_with('W')) {
            parts.push_back("the working day nearest to the " + ordinal(text.substr(0, text.size() - 1)));
        } else {
            const bool stepped = text.find('/') != std::string_view::npos;
            parts.push_back(
                (stepped ? "" : "the ") +
                part(text, "day of the month", [](std::string_view value) { return ordinal(value); }));
        }
    }
    return "on " + joined(parts);
}

std::string weekdays(std::string_view field) {
    std::vector<std::string> parts;
    for (const auto text : split(field, ',')) {
        const auto hash = text.find('#');
        if (hash != std::string_view::npos) {
            parts.push_back(fmt::format("the {} {} of the month", ordinal(text.substr(hash + 1)),
                                        weekday(text.substr(0, hash))));
        } else if (text.size() > 1 && text.ends_with('L')) {
            parts.push_back("the last " + weekday(text.substr(0, text.size() - 1)) + " of the month");
        } else {
            parts.push_back(part(text, "day of the week", weekday));
        }
    }
    return "on " + joined(parts);
}

std::string days(std::string_view day, std::string_view weekdayField) {
    if (open(day) && open(weekdayField)) return {};
    if (open(weekdayField)) return monthDays(day);
    if (open(day)) return weekdays(weekdayField);
    const bool both = day.front() == '*' || weekdayField.front() == '*';
    return monthDays(day) + (both ? ", if it is also " : ", or ") + weekdays(weekdayField);
}

} // namespace

std::string cronInWords(const Cron& cron) {
    const auto& [second, minute, hour, day, monthField, weekdayField] = cron.fields();
    auto words = time(second, minute, hour);
    const auto on = days(day, weekdayField);
    if (!on.empty()) words += " " + on;
    if (!open(monthField)) words += " in " + list(monthField, "month", month);
    const bool daily = on.empty() && open(monthField) && words.starts_with("at ") && hour.front() != '*';
    return daily ? words + " every day" : words;
}

} // namespace outboxd::scheduler
