// The listeners of a node, put together: the shop's rules behind the loops that read Kafka.
#pragma once

#include "api/admin/admin_routes.hpp"
#include "daemon/listeners/listeners.hpp"
#include "scheduler/consumer_service.hpp"
#include "scheduler/kafka/kafka_feed.hpp"
#include "scheduler/mysql/consumer_progress.hpp"
#include "scheduler/mysql/topic_pins.hpp"

#include <memory>
#include <vector>

namespace outboxd::daemon {

class ConsumersPart {
public:
    // `box` must outlive it.
    ConsumersPart(ListenerParts parts, std::vector<ListenerEntry> entries, scheduler::DeadLetterBox& box,
                  core::ProgressMonitor& monitor);

    // One for each listener; each has a group of its own, so that the trouble of one leaves the others alone.
    std::vector<core::Service*> services() const;
    // For the retries of dead letters.
    std::vector<scheduler::Listener*> listeners() const;
    // For the listeners that have something to take over. Called by the main thread.
    void reload(const Settings& settings);
    // Degraded while one of them cannot work; the others do.
    api::CheckResult check() const;

private:
    struct Running {
        Running(ConsumersPart& part, ListenerEntry made, scheduler::DeadLetterBox& box,
                core::ProgressMonitor& monitor);
        metrics::Labels labels() const;
        ListenerEntry entry;
        scheduler::kafka::KafkaFeeds feeds;
        scheduler::ConsumerService service;
    };
    void count(const Running& running);

    // Before what uses them.
    const ListenerParts parts_;
    const scheduler::kafka::SinkSettings kafka_;
    scheduler::mysql::MysqlTopicPins pins_;
    scheduler::kafka::Topics topics_;
    scheduler::mysql::MysqlConsumerProgress progress_;
    std::vector<std::unique_ptr<Running>> running_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
