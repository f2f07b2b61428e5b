// The lock table in memory, by a manual clock, with a verb for what may happen to it.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/lease.hpp"
#include "tests/support/manual_clock.hpp"

#include <functional>
#include <map>
#include <mutex>

namespace outboxd::testing {

// Thread-safe.
class MemoryLocks final : public scheduler::LockStore {
public:
    explicit MemoryLocks(ManualClock& clock) : clock_(clock) {}

    // Another node takes the lock although it is held.
    void steal(const std::string& lock, std::chrono::milliseconds time = std::chrono::hours{1}) {
        const std::lock_guard guard(mutex_);
        locks_[lock] = {"thief", clock_.now(), clock_.now() + time};
    }
    void goDown() { set(down_, true); }
    void comeBack() { set(down_, false); }
    // Each lock and renewal does its work at once and answers this much later.
    void answerLate(std::chrono::milliseconds time) { set(late_, time); }

    bool tryLock(const scheduler::Term& term, std::chrono::milliseconds atMost) override {
        const std::lock_guard guard(mutex_);
        reach();
        auto& row = locks_[term.lock];
        if (row.until > clock_.now()) return false;
        row = {term.holder, clock_.now(), clock_.now() + atMost};
        clock_.advance(late_);
        return true;
    }
    std::vector<bool> extend(std::span<const scheduler::Term> terms,
                             std::chrono::milliseconds atMost) override {
        const std::lock_guard guard(mutex_);
        ++renewals_;
        reach();
        std::vector<bool> valid;
        for (const auto& term : terms) {
            valid.push_back(holds(term));
            if (valid.back()) locks_[term.lock].until = clock_.now() + atMost;
        }
        clock_.advance(late_);
        return valid;
    }
    void unlock(const scheduler::Term& term, std::chrono::milliseconds atLeast) override {
        const std::lock_guard guard(mutex_);
        reach();
        auto& row = locks_[term.lock];
        if (row.holder == term.holder) row.until = std::max(clock_.now(), row.at + atLeast);
    }
    std::vector<std::string> available(std::span<const std::string> locks) override {
        const std::lock_guard guard(mutex_);
        reach();
        std::vector<std::string> free;
        for (const auto& lock : locks) {
            if (locks_[lock].until <= clock_.now()) free.push_back(lock);
        }
        return free;
    }
    std::string holderOf(const std::string& lock) override {
        const std::lock_guard guard(mutex_);
        reach();
        return locks_[lock].until > clock_.now() ? locks_[lock].holder : std::string{};
    }

    // Who held the lock last, and until when.
    std::pair<std::string, core::Instant> heldUntil(const std::string& lock) const {
        const std::lock_guard guard(mutex_);
        reach();
        const auto row = locks_.find(lock);
        return row == locks_.end() ? std::pair{std::string{}, core::Instant{}}
                                   : std::pair{row->second.holder, row->second.until};
    }

    // What a test looks at.
    int renewals() const {
        const std::lock_guard guard(mutex_);
        return renewals_;
    }
    bool isFree(const std::string& lock) const {
        const std::lock_guard guard(mutex_);
        const auto row = locks_.find(lock);
        return row == locks_.end() || row->second.until <= clock_.now();
    }

private:
    struct Row {
        std::string holder;
        core::Instant at{}, until{};
    };
    template <class Value> void set(Value& target, Value value) {
        const std::lock_guard guard(mutex_);
        target = value;
    }
    void reach() const {
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away", "database.host");
    }
    bool holds(const scheduler::Term& term) const {
        const auto row = locks_.find(term.lock);
        return row != locks_.end() && row->second.holder == term.holder && row->second.until > clock_.now();
    }

    ManualClock& clock_;
    mutable std::mutex mutex_; // guards what follows
    std::map<std::string, Row> locks_;
    std::chrono::milliseconds late_{0};
    bool down_ = false;
    int renewals_ = 0;
};

} // namespace outboxd::testing
