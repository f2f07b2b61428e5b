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

} // namespace outboxd::core
