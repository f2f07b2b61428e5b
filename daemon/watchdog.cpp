#include "daemon/watchdog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace outboxd::daemon {

using namespace std::chrono_literals;

Watchdog::Watchdog(Notifier& notifier, const core::ProgressMonitor& progress, core::Logger& logger,
                   std::optional<std::chrono::microseconds> limit)
    : notifier_(notifier), progress_(progress), logger_(logger), limit_(limit) {}

void Watchdog::tick() {
    const auto stuck = progress_.stuck();
    if (stuck.empty()) {
        if (stuck_) logger_.info("loops_move_again");
        if (limit_) notifier_.watchdog();
    } else if (!stuck_) {
        logger_.error("loops_stuck", {{"loops", fmt::format("{}", fmt::join(stuck, ", "))}});
    }
    stuck_ = !stuck.empty();
}

std::chrono::milliseconds Watchdog::pause() const {
    if (!limit_) return 1s;
    return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(*limit_ / 2), 1ms, 1000ms);
}

} // namespace outboxd::daemon
