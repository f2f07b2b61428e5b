// Dead letters in memory, with verbs for what goes wrong. Thread-safe.
#pragma once

#include "platform/core/error.hpp"
#include "scheduler/dead_letters.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

namespace outboxd::testing {

class MemoryLetters final : public scheduler::DeadLetterBox {
public:
    std::vector<std::size_t> park(std::string_view, std::span<const scheduler::Delivery> batch) override {
        const std::lock_guard lock(mutex_);
        requireUp();
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (batch[i].key.empty() || !blocked_.contains(batch[i].key)) continue;
            places.push_back(i);
            parked_.push_back(batch[i].key);
        }
        return places;
    }
    void add(std::string_view, bool blocking, std::span<const scheduler::DeadLetter> letters) override {
        const std::lock_guard lock(mutex_);
        requireUp();
        for (const auto& letter : letters) {
            letters_.push_back(letter);
            if (blocking) blocked_.insert(letter.record.key);
        }
        changed_.notify_all();
    }

    void goDown() { set(true); }
    void comeBack() { set(false); }
    // As the retries do when the last letter of the key is gone.
    void release(const std::string& key) {
        const std::lock_guard lock(mutex_);
        blocked_.erase(key);
    }
    void block(const std::string& key) {
        const std::lock_guard lock(mutex_);
        blocked_.insert(key);
    }
    std::vector<scheduler::DeadLetter> letters() const {
        const std::lock_guard lock(mutex_);
        return letters_;
    }
    // Their keys.
    std::vector<std::string> parked() const {
        const std::lock_guard lock(mutex_);
        return parked_;
    }
    // Calls that were refused while it was down.
    int refusals() const {
        const std::lock_guard lock(mutex_);
        return refusals_;
    }
    void awaitLetters(std::size_t number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return letters_.size() >= number; });
    }
    void awaitRefusals(int number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return refusals_ >= number; });
    }

private:
    void set(bool down) {
        const std::lock_guard lock(mutex_);
        down_ = down;
    }
    void requireUp() {
        if (!down_) return;
        ++refusals_;
        changed_.notify_all();
        throw core::Error(core::ErrorKind::unavailable, "the database is away");
    }

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::vector<scheduler::DeadLetter> letters_;
    std::vector<std::string> parked_;
    std::set<std::string> blocked_;
    int refusals_ = 0;
    bool down_ = false;
};

} // namespace outboxd::testing
