// MemoryOutbox for services with threads: behind a mutex, and with its lanes' locks as a LockStore.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/lease.hpp"
#include "tests/support/memory_outbox.hpp"

#include <condition_variable>
#include <mutex>
#include <type_traits>

namespace outboxd::testing {

// Thread-safe.
class SharedOutbox final : public scheduler::OutboxSource, public scheduler::LockStore {
public:
    explicit SharedOutbox(const core::Clock& clock) : outbox_(clock) {}

    std::int64_t write(const std::string& key) {
        return with([&] { return outbox_.write(key); });
    }
    std::size_t pending() const {
        return with([&] { return outbox_.pending(); });
    }
    // Returns when everything written is sent and marked.
    void awaitEmpty() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return outbox_.pending() == 0; });
    }

    std::vector<scheduler::LaneBounds> probe(std::span<const scheduler::Lane> lanes) override {
        return with([&] { return outbox_.probe(lanes); });
    }
    scheduler::LaneBatch read(const scheduler::LaneTerm& term, std::int64_t cursor, std::size_t limit,
                              const scheduler::KnownRows& known) override {
        return with([&] { return outbox_.read(term, cursor, limit, known); });
    }
    scheduler::MarkResult mark(const scheduler::LaneTerm& term, std::span<const std::int64_t> settled,
                               std::span<const scheduler::HeldRecord> held) override {
        const auto result = with([&] { return outbox_.mark(term, settled, held); });
        changed_.notify_all();
        return result;
    }

    bool tryLock(const scheduler::Term& term, std::chrono::milliseconds atMost) override {
        return with([&] { return outbox_.tryLock(lane(term), atMost); });
    }
    std::vector<bool> extend(std::span<const scheduler::Term> terms,
                             std::chrono::milliseconds atMost) override {
        return with([&] {
            std::vector<bool> valid;
            for (const auto& term : terms) valid.push_back(outbox_.extend(lane(term), atMost));
            return valid;
        });
    }
    void unlock(const scheduler::Term& term, std::chrono::milliseconds) override {
        with([&] { outbox_.unlock(lane(term)); });
    }
    std::vector<std::string> available(std::span<const std::string> locks) override {
        return {locks.begin(), locks.end()}; // a hint: tryLock() decides
    }
    std::string holderOf(const std::string&) override { return {}; }

private:
    template <class Work> std::invoke_result_t<Work> with(Work&& work) const {
        const std::lock_guard lock(mutex_);
        return work();
    }
    static scheduler::LaneTerm lane(const scheduler::Term& term) {
        return {static_cast<scheduler::Lane>(std::stoi(term.lock.substr(term.lock.size() - 2))), term.holder};
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    MemoryOutbox outbox_; // guarded by mutex_
};

} // namespace outboxd::testing
