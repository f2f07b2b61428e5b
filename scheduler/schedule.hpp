// When a job is due.
#pragma once

#include "scheduler/cron.hpp"

#include <optional>
#include <string>

namespace outboxd::scheduler {

// As text: schedule_text.hpp. Jobs with a lock are planned by all nodes together (cluster_timer.hpp), the others by each
// node for itself (JobTimer).
struct Schedule {
    enum class Kind {
        fixed_rate,  // every `interval` counted from the planned times
        fixed_delay, // `interval` after the end of the run before
        cron,        // by the wall clock of a time zone
    };
    // What becomes of a planned time that nobody could begin, since all nodes were away, the job was paused or the run
    // before took too long. However many were missed, it is at most one run.
    enum class Misfire {
        skip, // nothing: the next planned time
        run,  // it is begun as soon as it can be
    };
    Kind kind = Kind::fixed_delay;
    std::chrono::microseconds interval{0};     // above zero; of no meaning for cron
    std::chrono::microseconds initialDelay{0}; // after the start of a node, before it plans the first run
    // Each run begins by up to so much later than planned, but before the next planned time: by how much is drawn from the
    // job's name and the planned time, so that all nodes agree.
    std::chrono::microseconds jitter{0};
    Misfire misfire = Misfire::skip;
    std::optional<Cron> cron = {}; // of Kind::cron
    std::string zone = "UTC";      // for cron
};

// Throws Error(misconfigured) if the interval is not above zero, the zone unknown or a delay negative.
void requireSound(const Schedule& schedule);

// By how much the run planned for `planned` is late on purpose: less than `schedule.jitter` and than the time to the next
// planned one.
std::chrono::microseconds jitterOf(const Schedule& schedule, std::string_view job, core::Timestamp planned);

// The due times of one job that each node runs for itself; a node makes up for nothing that it missed. Not thread-safe; pure
// but for what it remembers. `today`: the calendar's time at the same moment, which cron alone goes by. If it is set
// back by more than a minute, planned times may come again.
class JobTimer {
public:
    // Throws as requireSound().
    JobTimer(Schedule schedule, std::string job, core::Instant start);

    bool isDue(core::Instant now, core::Timestamp today);
    // For how long it will not be due, unless the calendar is corrected.
    core::Instant::duration untilDue(core::Instant now, core::Timestamp today);
    // A run that was due has ended.
    void ran(core::Instant now, core::Timestamp today);

private:
    core::Instant::duration cronDue(core::Instant now, core::Timestamp today);

    const Schedule schedule_;
    const std::string job_;
    core::Instant planned_;                    // for cron the end of the initial delay
    std::optional<core::Timestamp> upTo_ = {}; // cron: all planned times up to this one are over
};

} // namespace outboxd::scheduler
