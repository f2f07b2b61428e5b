// Which loops still make progress: what the systemd watchdog and /livez are fed from.
#pragma once

#include "platform/core/clock.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace outboxd::core {

// One loop's sign of life. beat() is wait-free; the handle removes itself when destroyed.
class ProgressMonitor;
class LoopProgress {
public:
    ~LoopProgress();
    LoopProgress(const LoopProgress&) = delete;
    LoopProgress& operator=(const LoopProgress&) = delete;
    void beat();

private:
    friend class ProgressMonitor;
    LoopProgress(ProgressMonitor& monitor, std::string name, std::chrono::microseconds allowed);

    ProgressMonitor& monitor_;
    std::string name_;
    std::chrono::microseconds allowed_;
    std::atomic<Instant::rep> last_;
};

// Thread-safe. Must outlive the handles that it gives out.
class ProgressMonitor {
public:
    explicit ProgressMonitor(const Clock& clock) : clock_(clock) {}

    // Registers a loop that promises to beat at least once per `allowed`. Counts from now.
    std::unique_ptr<LoopProgress> watch(std::string name, std::chrono::microseconds allowed);

    // Names of loops that have been silent for longer than they promised; empty when all is well.
    std::vector<std::string> stuck() const;

private:
    friend class LoopProgress;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::list<const LoopProgress*> loops_; // guarded by mutex_
};

} // namespace outboxd::core
