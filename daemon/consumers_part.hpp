// The listeners of a node, put together: the shop's rules behind the loops that read Kafka.
#pragma once

#include "commerce/mysql/sales.hpp"
#include "daemon/ranking_listener.hpp"
#include "daemon/stores.hpp"
#include "platform/metrics/metrics.hpp"
#include "scheduler/consumer_service.hpp"
#include "scheduler/kafka/kafka_feed.hpp"
#include "scheduler/mysql/consumer_progress.hpp"
#include "scheduler/mysql/topic_pins.hpp"

#include <vector>

namespace outboxd::daemon {

struct ConsumersPart {
    ConsumersPart(const Settings& settings, Stores& stores, const core::Clock& clock, core::Logger& logger,
                  core::ProgressMonitor& monitor, metrics::Registry& registry);

private:
    // Before what uses them.
    const scheduler::kafka::SinkSettings kafka_;
    scheduler::mysql::MysqlTopicPins pins_;
    scheduler::kafka::Topics topics_;
    scheduler::mysql::MysqlConsumerProgress progress_;
    commerce::mysql::SalesLedger ledger_;
    RankingListener rankingListener_;
    scheduler::kafka::KafkaFeeds rankingFeeds_;

public:
    scheduler::ConsumerService ranking;

private:
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
