// Where a listener's progress is written, in memory. Thread-safe.
#pragma once

#include "scheduler/consumer.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

namespace outboxd::testing {

class FakeProgress final : public scheduler::ConsumerProgress {
public:
    explicit FakeProgress(const core::Clock& clock) : clock_(clock) {}

    core::Timestamp relayedUpTo() override { return clock_.today(); }
    void advance(std::string_view, std::span<const scheduler::PartitionProgress> reached) override {
        const std::lock_guard lock(mutex_);
        for (const auto& partition : reached) {
            auto& before = upTo_[partition.partition];
            before = std::max(before, partition.upTo);
        }
        changed_.notify_all();
    }
    // Returns when the partition is complete up to `time`.
    void await(core::Timestamp time, int partition = 0) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return upTo_[partition] >= time; });
    }
    core::Timestamp upTo(int partition) {
        const std::lock_guard lock(mutex_);
        return upTo_[partition];
    }

private:
    const core::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<int, core::Timestamp> upTo_; // guarded by mutex_
};

} // namespace outboxd::testing
