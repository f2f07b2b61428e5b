#include "platform/core/progress.hpp"

namespace outboxd::core {

LoopProgress::LoopProgress(ProgressMonitor& monitor, std::string name, std::chrono::microseconds allowed)
    : monitor_(monitor), name_(std::move(name)), allowed_(allowed),
      last_(monitor.clock_.now().time_since_epoch().count()) {
    const std::lock_guard lock(monitor_.mutex_);
    monitor_.loops_.push_back(this);
}

LoopProgress::~LoopProgress() {
    const std::lock_guard lock(monitor_.mutex_);
    monitor_.loops_.remove(this);
}

void LoopProgress::beat() {
    last_.store(monitor_.clock_.now().time_since_epoch().count(), std::memory_order_relaxed);
}

std::unique_ptr<LoopProgress> ProgressMonitor::watch(std::string name, std::chrono::microseconds allowed) {
    return std::unique_ptr<LoopProgress>(new LoopProgress(*this, std::move(name), allowed));
}

std::vector<std::string> ProgressMonitor::stuck() const {
    const auto now = clock_.now();
    std::vector<std::string> names;
    const std::lock_guard lock(mutex_);
    for (const auto* loop : loops_) {
        const Instant last{std::chrono::microseconds{loop->last_.load(std::memory_order_relaxed)}};
        if (now - last > loop->allowed_) names.push_back(loop->name_);
    }
    return names;
}

} // namespace outboxd::core
