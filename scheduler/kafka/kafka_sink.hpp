// The event sink on Kafka: scheduler/event_sink.hpp over platform/kafka.
#pragma once

#include "scheduler/event_sink.hpp"
#include "scheduler/kafka/settings.hpp"
#include "scheduler/kafka/topics.hpp"

#include <atomic>

namespace outboxd::scheduler::kafka {

// Thread-safe; its sessions are for one thread at a time each. It must outlive them, and the references given
// must outlive it.
class KafkaSink final : public EventSink {
public:
    KafkaSink(SinkSettings settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock);

    // Throws Error(misconfigured) for properties that librdkafka refuses.
    std::unique_ptr<SinkSession> open(SessionMode mode) override;
    void refresh() override {}
    bool paused(const OutboxRecord&) const override { return false; }

    // Whether a broker could be reached when something was last tried; for health reports only.
    bool reachable() const { return reachable_ && topics_.reachable(); }

private:
    const SinkSettings settings_;
    core::Logger& logger_;
    const core::Clock& clock_;
    Topics topics_;
    std::atomic<bool> reachable_{true};
};

} // namespace outboxd::scheduler::kafka
