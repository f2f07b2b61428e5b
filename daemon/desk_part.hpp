// What operators see and order on the admin port, put together.
#pragma once

#include "api/admin/desk_routes.hpp"
#include "api/admin/token.hpp"
#include "daemon/stores.hpp"
#include "scheduler/kafka/topic_cluster.hpp"
#include "scheduler/mysql/job_desk.hpp"
#include "scheduler/mysql/topic_desk.hpp"

#include <memory>

namespace outboxd::daemon {

// The topic that an event goes to.
scheduler::mysql::TopicOf topicOf(const Settings& settings);

struct DeskPart {
    DeskPart(const Settings& settings, Stores& stores, const core::Clock& clock, core::Logger& logger);

    void addRoutes(api::Router& router);
    // Takes over the token that was read again.
    void reload(const Settings& settings);

    api::AdminToken token;
    scheduler::mysql::MysqlOutboxDesk outbox;
    scheduler::mysql::MysqlTopicDesk topics;
    scheduler::mysql::MysqlTopicDesk changes; // for the job
    scheduler::mysql::MysqlJobDesk jobs;
    std::unique_ptr<scheduler::kafka::KafkaTopicCluster> cluster; // null: this node has no relay
    api::Desks desks;
};

} // namespace outboxd::daemon
