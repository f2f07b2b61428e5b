#include "platform/core/clock.hpp"

#include <fmt/format.h>

#include <ctime>

namespace outboxd::core {

Instant SystemClock::now() const {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return Instant{std::chrono::seconds{time.tv_sec} + std::chrono::duration_cast<std::chrono::microseconds>(
                                                           std::chrono::nanoseconds{time.tv_nsec})};
}

Timestamp SystemClock::today() const {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string toRfc3339(Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

namespace {

// Exactly `digits` digits from the front of `text`, which loses them; -1 if there are not as many.
int takeNumber(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int number = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return -1;
        number = 10 * number + (c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

std::optional<Timestamp> fromRfc3339(std::string_view text) {
    const int year = takeNumber(text, 4);
    if (!take(text, '-')) return std::nullopt;
    const int month = takeNumber(text, 2);
    if (!take(text, '-')) return std::nullopt;
    const int day = takeNumber(text, 2);
    if (!take(text, 'T')) return std::nullopt;
    const int hour = takeNumber(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const int minute = takeNumber(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const int second = takeNumber(text, 2);
    int micros = 0;
    if (take(text, '.')) {
        const auto digits = text.empty() ? 0 : text.size() - 1;
        if (digits < 1 || digits > 6) return std::nullopt;
        micros = takeNumber(text, digits);
        for (auto i = digits; i < 6 && micros > 0; ++i) micros *= 10;
    }
    if (text != "Z" || year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59 || micros < 0)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second} + std::chrono::microseconds{micros};
}

} // namespace outboxd::core
