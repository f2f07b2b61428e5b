// Feeds systemd's watchdog, but only while every loop of the daemon makes progress.
#pragma once

#include "daemon/notify.hpp"
#include "platform/core/progress.hpp"

namespace outboxd::daemon {

// Used by the main thread, which calls tick() whenever `pause()` is over.
class Watchdog {
public:
    // `limit`: watchdogLimit(); empty means that nobody listens, and then stuck loops are still logged.
    Watchdog(Notifier& notifier, const core::ProgressMonitor& progress, core::Logger& logger,
             std::optional<std::chrono::microseconds> limit);

    // Sends WATCHDOG=1 if no loop is stuck. Logs once when loops get stuck and once when they move again.
    void tick();

    // How long the main thread may wait between ticks: half of the limit, at most a second.
    std::chrono::milliseconds pause() const;

private:
    Notifier& notifier_;
    const core::ProgressMonitor& progress_;
    core::Logger& logger_;
    std::optional<std::chrono::microseconds> limit_;
    bool stuck_ = false;
};

} // namespace outboxd::daemon
