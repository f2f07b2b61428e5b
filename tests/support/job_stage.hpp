// What jobs need around them in a test.
#pragma once

#include "scheduler/job_runner.hpp"
#include "tests/support/memory_locks.hpp"
#include "tests/support/memory_logger.hpp"

#include <condition_variable>
#include <mutex>

namespace outboxd::testing {

class MemoryHistory final : public scheduler::JobHistory {
public:
    void goDown() {
        const std::lock_guard lock(mutex_);
        down_ = true;
    }
    void add(const scheduler::JobRun& run) override {
        {
            const std::lock_guard lock(mutex_);
            if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away");
            runs_.push_back(run);
        }
        added_.notify_all();
    }
    std::vector<scheduler::JobRun> runs() const {
        const std::lock_guard lock(mutex_);
        return runs_;
    }
    // Returns when there are so many.
    void await(std::size_t runs) {
        std::unique_lock lock(mutex_);
        added_.wait(lock, [&] { return runs_.size() >= runs; });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable added_;
    std::vector<scheduler::JobRun> runs_; // guarded by mutex_, as is down_
    bool down_ = false;
};

struct JobStage {
    ManualClock clock;
    MemoryLocks locks{clock};
    MemoryHistory history;
    MemoryLogger logger;
    scheduler::JobEnvironment environment{locks, history, clock, logger, "node-1"};
};

// As a job does that has nothing else to look at.
inline void awaitCancel(const std::stop_token& cancelled) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, cancelled, [] { return false; });
}

} // namespace outboxd::testing
