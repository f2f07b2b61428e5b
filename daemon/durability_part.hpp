// Looks now and then whether the servers are set up so that the promises hold, and says where they are not.
#pragma once

#include "daemon/stores.hpp"
#include "platform/metrics/metrics.hpp"
#include "scheduler/durability.hpp"
#include "scheduler/job.hpp"
#include "scheduler/kafka/settings.hpp"
#include "scheduler/mysql/topic_pins.hpp"

#include <mutex>
#include <optional>
#include <vector>

namespace outboxd::daemon {

class DurabilityPart {
public:
    // `kafka`: with the eyes of the relay; without it the database alone is looked at.
    DurabilityPart(const std::optional<scheduler::kafka::SinkSettings>& kafka, Stores& stores,
                   const core::Clock& clock, core::Logger& logger, metrics::Registry& registry);

    scheduler::Job job();

    // For /readyz?verbose: what was found, in one sentence; empty if nothing was.
    std::string text() const;

private:
    void look();
    void lookAtDatabase();
    void lookAtKafka();
    void tell(std::vector<scheduler::Weakness>& known, std::vector<scheduler::Weakness> found,
              metrics::Gauge& gauge);

    const std::optional<scheduler::kafka::SinkSettings> kafka_;
    Stores& stores_;
    const core::Clock& clock_;
    core::Logger& logger_;
    metrics::Gauge databaseGauge_, kafkaGauge_;

    mutable std::mutex mutex_;
    std::vector<scheduler::Weakness> ofDatabase_, ofKafka_; // guarded by mutex_
};

// The topics in use, and those that the routes name; asks the database.
std::vector<std::string> topicsInUse(scheduler::TopicPins& pins, const scheduler::kafka::WireSettings& wire);

} // namespace outboxd::daemon
