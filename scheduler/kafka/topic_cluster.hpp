// Topics as the brokers have them, for orders that change a topic.
#pragma once

#include "platform/kafka/admin.hpp"
#include "scheduler/topic_desk.hpp"

#include <mutex>

namespace outboxd::scheduler::kafka {

// Thread-safe: one question at a time, each within a few seconds.
class KafkaTopicCluster final : public TopicCluster {
public:
    // `logger` and `clock` must outlive it.
    KafkaTopicCluster(outboxd::kafka::ClientSettings client, core::Logger& logger, const core::Clock& clock)
        : admin_(std::move(client), logger, clock) {}

    Shape shape(const std::string& topic) override {
        const std::lock_guard lock(mutex_);
        const auto layout = admin_.layout(topic, kWait);
        return {layout.partitions, layout.leaderless};
    }
    void grow(const std::string& topic, int total) override {
        const std::lock_guard lock(mutex_);
        admin_.grow(topic, total, kWait);
    }

private:
    static constexpr std::chrono::milliseconds kWait{5000};
    std::mutex mutex_;
    outboxd::kafka::Admin admin_; // guarded by mutex_
};

} // namespace outboxd::scheduler::kafka
