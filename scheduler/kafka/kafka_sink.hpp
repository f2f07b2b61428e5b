// The event sink on Kafka: scheduler/event_sink.hpp over platform/kafka.
#pragma once

#include "scheduler/event_sink.hpp"
#include "scheduler/kafka/kafka_session.hpp"
#include "scheduler/topic_care.hpp"

namespace outboxd::scheduler::kafka {

// Thread-safe; its sessions are for one thread at a time each. It must outlive them, and the references given
// must outlive it.
class KafkaSink final : public EventSink, public TopicReadiness {
public:
    // Throws Error(misconfigured) for routes that cannot be followed.
    KafkaSink(SinkSettings settings, TopicPins& pins, core::Logger& logger, const core::Clock& clock);

    // Throws Error(misconfigured) for properties that librdkafka refuses.
    std::unique_ptr<SinkSession> open(SessionMode mode) override;
    // To be set before the first session is opened; must outlive all of them.
    void watch(DeliveryWatch& watch) { figures_.watch = &watch; }
    void refresh() override { topics_.refresh(); }
    bool paused(const OutboxRecord& record) const override;

    // Whether a broker could be reached when something was last tried; for health reports only.
    bool reachable() const { return figures_.reachable && topics_.reachable(); }
    std::string refusal() const {
        return topics_.refusal();
    } // why no broker takes this client; empty: none says so
    const SessionFigures& figures() const { return figures_; }
    std::vector<TopicState> topics() const { return topics_.states(); }
    std::vector<std::string> unready() const override;
    TopicReadiness::Answer look(const std::string& topic) override { return topics_.readiness(topic); }

private:
    const SinkSettings settings_;
    const WirePlan plan_;
    core::Logger& logger_;
    const core::Clock& clock_;
    Topics topics_;
    SessionFigures figures_;
};

} // namespace outboxd::scheduler::kafka
