// A listener in memory, and a place for its progress, with verbs for what goes wrong. Thread-safe.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/consumer.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace outboxd::testing {

// Remembers what it handled, unless it is down; refuses keys that begin with "bad".
class FakeListener final : public scheduler::Listener {
public:
    std::string_view name() const override { return "fake"; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
        const std::lock_guard lock(mutex_);
        ++tries_;
        changed_.notify_all();
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away");
        std::vector<scheduler::Verdict> verdicts;
        for (const auto& delivery : batch) {
            handled_.push_back(delivery.key);
            using Kind = scheduler::Verdict::Kind;
            verdicts.push_back(delivery.key.starts_with("bad") ? scheduler::Verdict{Kind::refused, "bad"}
                                                               : scheduler::Verdict{});
        }
        return verdicts;
    }

    void goDown() { set(true); }
    void comeBack() { set(false); }
    // In all, since the beginning.
    void awaitTries(int tries) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return tries_ >= tries; });
    }
    void awaitHandled(std::size_t number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return handled_.size() >= number; });
    }
    std::vector<std::string> handled() const {
        const std::lock_guard lock(mutex_);
        return handled_;
    }

private:
    void set(bool down) {
        const std::lock_guard lock(mutex_);
        down_ = down;
    }

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::vector<std::string> handled_;
    int tries_ = 0;
    bool down_ = false;
};

class FakeProgress final : public scheduler::ConsumerProgress {
public:
    explicit FakeProgress(const core::Clock& clock) : clock_(clock) {}

    core::Timestamp relayedUpTo() override { return clock_.today(); }
    void advance(std::string_view, std::span<const scheduler::PartitionProgress> reached) override {
        const std::lock_guard lock(mutex_);
        for (const auto& partition : reached) upTo_ = std::max(upTo_, partition.upTo);
        changed_.notify_all();
    }
    // Returns when the listener is complete up to `time`.
    void await(core::Timestamp time) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return upTo_ >= time; });
    }

private:
    const core::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    core::Timestamp upTo_{}; // guarded by mutex_
};

} // namespace outboxd::testing
