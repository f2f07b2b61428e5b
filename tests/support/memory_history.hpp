// The history of jobs in memory.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/job.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

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

} // namespace outboxd::testing
