// Pinned partition counts and paused topics in memory.
#pragma once

#include "scheduler/event_sink.hpp"

#include <map>
#include <mutex>

namespace outboxd::testing {

class MemoryPins final : public scheduler::TopicPins {
public:
    int pin(const std::string& topic, int found) override {
        const std::lock_guard lock(mutex_);
        return pins_.try_emplace(topic, found).first->second;
    }
    Layout read() override {
        const std::lock_guard lock(mutex_);
        return {{pins_.begin(), pins_.end()}, paused_};
    }
    // As an operator does.
    void pause(const std::string& topic) {
        const std::lock_guard lock(mutex_);
        paused_.insert(topic);
    }
    void resume(const std::string& topic) {
        const std::lock_guard lock(mutex_);
        paused_.erase(topic);
    }
    // As if another node had pinned it.
    void set(const std::string& topic, int partitions) {
        const std::lock_guard lock(mutex_);
        pins_[topic] = partitions;
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> pins_;           // guarded by mutex_
    std::set<std::string, std::less<>> paused_; // guarded by mutex_
};

} // namespace outboxd::testing
