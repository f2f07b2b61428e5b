// A listener in memory, with verbs for what goes wrong. Thread-safe.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/consumer.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace outboxd::testing {

// Remembers what it handled, unless it is down. By their keys records are refused ("bad..."), or answered as the test says.
class FakeListener final : public scheduler::Listener {
public:
    using Kind = scheduler::Verdict::Kind;
    explicit FakeListener(bool independent = false) : independent_(independent) {}

    std::string_view name() const override { return "fake"; }
    bool independent() const override { return independent_; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override {
        std::unique_lock lock(mutex_);
        ++tries_;
        calls_.emplace_back();
        for (const auto& record : batch) calls_.back().push_back(record.key);
        changed_.notify_all();
        changed_.wait(lock, [&] { return !held_; });
        if (down_) throw core::Error(core::ErrorKind::unavailable, "the database is away");
        for (const auto& record : batch)
            if (poison_.contains(record.key))
                throw core::Error(poison_[record.key], "it cannot digest " + record.key);
        std::vector<scheduler::Verdict> verdicts;
        std::set<std::string> waiting;
        for (const auto& record : batch) {
            auto verdict = verdictOf(record);
            if (!independent_ && waiting.contains(record.key))
                verdict = {Kind::deferred, "an earlier one waits"};
            if (verdict.kind == Kind::done || verdict.kind == Kind::ignored)
                handled_.push_back(record.key);
            else
                waiting.insert(record.key);
            verdicts.push_back(std::move(verdict));
        }
        changed_.notify_all();
        return verdicts;
    }

    void goDown() { set(down_, true); }
    void comeBack() { set(down_, false); }
    // A call does not return before release().
    void hold() { set(held_, true); }
    void release() { set(held_, false); }
    // The next verdicts on records of the key; then they are done again.
    void answer(const std::string& key, const std::vector<Kind>& kinds) {
        const std::lock_guard lock(mutex_);
        for (const auto kind : kinds) answers_[key].push_back(kind);
    }
    // Until further notice.
    void always(const std::string& key, std::optional<Kind> kind) {
        const std::lock_guard lock(mutex_);
        always_.erase(key);
        if (kind) always_[key] = *kind;
    }
    // Throws when it meets the key.
    void poison(const std::string& key, core::ErrorKind kind = core::ErrorKind::internal) {
        const std::lock_guard lock(mutex_);
        poison_[key] = kind;
    }
    void cure() {
        const std::lock_guard lock(mutex_);
        poison_.clear();
    }

    // Calls in all, since the beginning.
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
    // The keys of each call.
    std::vector<std::vector<std::string>> calls() const {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

private:
    scheduler::Verdict verdictOf(const scheduler::Delivery& record) {
        if (record.key.starts_with("bad")) return {Kind::refused, "bad"};
        auto kind = Kind::done;
        if (const auto found = always_.find(record.key); found != always_.end()) kind = found->second;
        if (auto& next = answers_[record.key]; !next.empty()) {
            kind = next.front();
            next.pop_front();
        }
        return {kind, kind == Kind::done || kind == Kind::ignored ? "" : "as the test says"};
    }
    void set(bool& what, bool value) {
        const std::lock_guard lock(mutex_);
        what = value;
        changed_.notify_all();
    }

    const bool independent_;
    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::vector<std::string> handled_;
    std::vector<std::vector<std::string>> calls_;
    std::map<std::string, std::deque<Kind>> answers_;
    std::map<std::string, Kind> always_;
    std::map<std::string, core::ErrorKind> poison_;
    int tries_ = 0;
    bool down_ = false, held_ = false;
};

} // namespace outboxd::testing
