// Time as an argument. Rules take a Clock or an Instant; only daemon/ makes a SystemClock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace outboxd::core {

// Counts while the machine is suspended (CLOCK_BOOTTIME), so that a laptop lid or a paused virtual machine
// cannot keep a lease alive. Never goes back. Not related to the calendar.
struct BootTime {
    using duration = std::chrono::microseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootTime>;
    static constexpr bool is_steady = true;
};

using Instant = BootTime::time_point;
// Calendar time in UTC, as in DATETIME(6).
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;     // for deadlines and intervals
    virtual Timestamp today() const = 0; // for what people and other systems read
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
    Timestamp today() const override;
};

// "2026-11-21T05:17:14.123456Z" (RFC 3339, microseconds, UTC).
std::string toRfc3339(Timestamp time);
// The same form, with none to six digits of a second's fraction; empty for anything else, also for a day that there
// is not.
std::optional<Timestamp> fromRfc3339(std::string_view text);

} // namespace outboxd::core
