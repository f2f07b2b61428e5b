// Pinned partition counts in memory.
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
    // As if another node had pinned it.
    void set(const std::string& topic, int partitions) {
        const std::lock_guard lock(mutex_);
        pins_[topic] = partitions;
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> pins_; // guarded by mutex_
};

} // namespace outboxd::testing
