// The relay of a node, put together: outbox tables, Kafka, leases.
#pragma once

#include "daemon/delivery_metrics.hpp"
#include "daemon/kafka_metrics.hpp"
#include "daemon/stores.hpp"
#include "platform/core/progress.hpp"
#include "platform/metrics/metrics.hpp"
#include "scheduler/kafka/kafka_sink.hpp"
#include "scheduler/mysql/lane_control.hpp"
#include "scheduler/mysql/lock_store.hpp"
#include "scheduler/mysql/outbox_source.hpp"
#include "scheduler/mysql/topic_pins.hpp"
#include "scheduler/relay_service.hpp"

#include <vector>

namespace outboxd::daemon {

struct RelayPart {
    RelayPart(const Settings& settings, Stores& stores, scheduler::LockStore& locks,
              scheduler::RelayPeers& peers, const core::Clock& clock, core::Logger& logger,
              core::ProgressMonitor& progress, metrics::Registry& registry);

    // Counts what waits and brings the topics' series up to date, for the metrics; run by a job.
    void measureBacklog();

    DeliveryMetrics deliveries;
    scheduler::mysql::MysqlTopicPins pins;
    scheduler::mysql::MysqlOutboxSource source;
    scheduler::mysql::MysqlLaneControl control;
    scheduler::kafka::KafkaSink sink;
    scheduler::RelayService service;

private:
    database::Database& database_;
    KafkaMetrics kafkaMetrics_;
    metrics::Gauge pending_, oldest_, failed_, parked_;
    struct OfLane {
        metrics::Gauge pending, oldest;
    };
    std::vector<OfLane> lanes_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
