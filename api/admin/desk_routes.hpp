// What operators see and order over /admin/api/v1: the outbox, topics, nodes, leases, the audit log. docs/admin-api.md
// describes all of it.
#pragma once

#include "api/router.hpp"
#include "scheduler/topic_desk.hpp"

namespace outboxd::api {

// All must outlive the routes. `cluster` may be null: then no topic can be repartitioned from this node.
struct Desks {
    scheduler::OutboxDesk& outbox;
    scheduler::TopicDesk& topics;
    scheduler::TopicCluster* cluster = nullptr;
};

void addOutboxRoutes(Router& router, const Desks& desks);
void addTopicRoutes(Router& router, const Desks& desks);
void addClusterRoutes(Router& router, const Desks& desks);

} // namespace outboxd::api
