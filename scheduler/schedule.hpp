// When a job is due.
#pragma once

#include "platform/core/clock.hpp"

#include <optional>

namespace outboxd::scheduler {

struct Schedule {
    enum class Kind {
        fixed_rate, // every `interval` counted from the planned times; runs that were missed are not made up for
        fixed_delay, // `interval` after the end of the run before
    };
    Kind kind = Kind::fixed_delay;
    std::chrono::microseconds interval{0}; // above zero
    std::chrono::microseconds initialDelay{0};
};

// The due times of one job. Not thread-safe; pure but for what it remembers.
class JobTimer {
public:
    // Throws Error(misconfigured) if the interval is not above zero.
    JobTimer(Schedule schedule, core::Instant start);

    core::Instant due() const { return due_; }
    bool isDue(core::Instant now) const { return now >= due_; }
    // A run that was due has ended at `now`.
    void ran(core::Instant now);

private:
    Schedule schedule_;
    core::Instant due_;
};

} // namespace outboxd::scheduler
