// When a job with a lock is due, for all nodes together, and why it is skipped. Each node decides for itself from the
// same board; that a planned time is begun once is the board's doing (JobBoard::begin).
//
// - Fixed rate: `interval` after the last planned time that was begun by any node.
// - Fixed delay: `interval` after the last run's end, whichever node made it. A run that never said how it ended counts as
//   if it had ended when it began; nobody begins before its lease is over.
// - Cron: the planned times after the last one that was begun.
//
// A planned time is on time for a minute. After that, or if further ones have passed, the misfire policy decides. While
// another holds the lock a run waits so long for it. An order is begun as soon as the lock is free, whatever else holds.
// If the database's clock is set back nothing begins until it has caught up: leases are times, too.
#pragma once

#include "scheduler/job_board.hpp"

namespace outboxd::scheduler {

// Not thread-safe; pure but for what it remembers. All times are the database's.
class ClusterTimer {
public:
    // How late a run may begin and still be on time.
    static constexpr std::chrono::microseconds kGrace = std::chrono::minutes{1};

    // `from`: no planned run before; `node`: this one.
    ClusterTimer(const Schedule& schedule, std::string job, std::string node, core::Timestamp from);

    struct Wait {
        core::Timestamp until; // unless the board changes
    };
    struct Begin {
        std::optional<core::Timestamp> planned = {};
        bool asked = false;
    };
    // To be remembered; then look() again.
    struct Skip {
        SkipReason reason = SkipReason::missed;
        std::optional<core::Timestamp> planned = {};
        std::string holder = {};
        std::string detail = {};
    };
    using Turn = std::variant<Wait, Begin, Skip>;

    Turn look(const JobView& job, core::Timestamp now);

private:
    using Time = core::Timestamp;

    Turn regular(const JobView& job, Time now);
    Turn delayed(const JobView& job, Time now);
    Turn planned(const JobView& job, Time now);
    Turn overdue(const JobView& job, Time planned, Time due, Time now);
    // The first planned time that nobody began.
    Time firstOpen(const JobView& job) const;
    // The last planned time up to `now`; `first` is one.
    Time latest(Time first, Time now) const;
    Time next(Time planned) const;
    Time due(Time planned) const;

    const Schedule schedule_;
    const std::string job_, node_;
    const Time from_;
    std::optional<Time> awaited_ = {}; // the planned time that this node is waiting for
    std::optional<Time> noted_ = {};   // the last one that was skipped
    Time noteAgain_{};                 // of a fixed delay: when an obstacle is noted again
};

} // namespace outboxd::scheduler
