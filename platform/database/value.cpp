#include "platform/database/value.hpp"

#include "platform/core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace outboxd::database {
namespace {

[[noreturn]] void refuse(std::size_t column, std::string_view why) {
    throw core::Error(core::ErrorKind::internal, fmt::format("column {} of the result {}", column, why));
}

// Exactly `text.size()` digits, or empty.
std::optional<unsigned> digits(std::string_view text) {
    unsigned number = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + static_cast<unsigned>(digit - '0');
    }
    return number;
}

} // namespace

Parameter::Parameter(core::Timestamp time) : value_(toDateTime(time)) {}

const Row::Cell& Row::cell(std::size_t column) const {
    if (column >= cells_.size()) refuse(column, fmt::format("does not exist; there are {}", cells_.size()));
    return cells_[column];
}

bool Row::isNull(std::size_t column) const { return std::holds_alternative<std::monostate>(cell(column)); }

std::int64_t Row::integer(std::size_t column) const {
    const auto& value = cell(column);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            refuse(column, "does not fit 64 bits with a sign");
        }
        return static_cast<std::int64_t>(*number);
    }
    refuse(column, isNull(column) ? "is NULL" : "is not an integer");
}

const std::string& Row::bytes(std::size_t column) const {
    if (const auto* text = std::get_if<std::string>(&cell(column))) return *text;
    refuse(column, isNull(column) ? "is NULL" : "is a number, not bytes");
}

core::Timestamp Row::time(std::size_t column) const {
    const auto time = parseDateTime(bytes(column));
    if (!time) refuse(column, "is not a DATETIME");
    return *time;
}

std::optional<std::int64_t> Row::maybeInteger(std::size_t column) const {
    if (isNull(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Row::maybeBytes(std::size_t column) const {
    if (isNull(column)) return std::nullopt;
    return bytes(column);
}

std::optional<core::Timestamp> Row::maybeTime(std::size_t column) const {
    if (isNull(column)) return std::nullopt;
    return time(column);
}

std::string toDateTime(core::Timestamp time) {
    auto text = core::toRfc3339(time);
    text[10] = ' ';
    text.pop_back();
    return text;
}

std::optional<core::Timestamp> parseDateTime(std::string_view text) {
    if (text.size() < 19 || text.size() > 26 || text.size() == 20) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    if (text.size() > 19 && text[19] != '.') return std::nullopt;
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)),
               day = digits(text.substr(8, 2));
    const auto hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
               second = digits(text.substr(17, 2));
    std::string micros{text.size() > 20 ? text.substr(20) : std::string_view{}};
    micros.resize(6, '0');
    const auto fraction = digits(micros);
    if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{*month}, std::chrono::day{*day}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + std::chrono::microseconds{*fraction};
}

} // namespace outboxd::database
