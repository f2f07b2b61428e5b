// One node, wired. The order of the members is the order of starting; stopping goes backwards.
#pragma once

#include "api/admin/admin_routes.hpp"
#include "daemon/api_part.hpp"
#include "daemon/best_sellers_part.hpp"
#include "daemon/consumers_part.hpp"
#include "daemon/coupon_part.hpp"
#include "daemon/desk_part.hpp"
#include "daemon/doorbell.hpp"
#include "daemon/durability_part.hpp"
#include "daemon/gateway_part.hpp"
#include "daemon/health.hpp"
#include "daemon/jobs/fenced.hpp"
#include "daemon/letters_part.hpp"
#include "daemon/reconcile_part.hpp"
#include "daemon/relay_part.hpp"
#include "platform/redis/client.hpp"
#include "scheduler/mysql/job_board.hpp"
#include "scheduler/mysql/node_store.hpp"
#include "scheduler/mysql/relay_peers.hpp"
#include "scheduler/scheduler.hpp"

#include <atomic>
#include <memory>
#include <optional>

namespace outboxd::daemon {

// Built, started and stopped by the main thread. The constructor connects to nothing.
class Node {
public:
    Node(const Settings& settings, const std::string& version, const core::Clock& clock,
         core::Logger& logger);
    ~Node();

    // Throws core::Error; what was started before is then stopped.
    void start();
    // Drains: stops accepting, finishes requests, cancels jobs, settles and releases the lanes.
    void stop();

    // After SIGHUP: what can be taken over without a restart. Called by the main thread.
    void reload();

    const core::ProgressMonitor& progress() const { return progress_; }
    // One line: where it listens and what it does.
    std::string summary() const;

private:
    std::vector<scheduler::Job> jobs();
    void beat();
    void ring(); // events were committed: the relay of this node, if it has one, and those of others
    std::unique_ptr<Doorbell> makeDoorbell(const core::Clock& clock);
    std::unique_ptr<ConsumersPart> makeConsumers(const core::Clock& clock);
    api::AdminPorts adminPorts();
    api::CheckResult checkDatabase() const;
    api::CheckResult checkRedis();
    api::CheckResult checkKafka() const;

    const Settings& settings_;
    core::Logger& logger_;

    core::ProgressMonitor progress_;
    metrics::Registry registry_;
    Stores stores_;
    LastContact databaseContact_;
    std::unique_ptr<redis::Client> redis_; // null: redis.enabled is off
    CouponPart coupons_;
    scheduler::mysql::MysqlLockStore locks_;
    const std::string incarnation_; // of this process
    scheduler::mysql::MysqlNodeRegistry nodes_;
    scheduler::mysql::MysqlRelayPeers peers_;
    scheduler::mysql::MysqlJobHistory history_;
    scheduler::mysql::MysqlJobBoard board_;
    std::atomic<bool> running_{false}, draining_{false};
    DurabilityPart durability_;
    std::unique_ptr<GatewayPart> gateway_; // null: gateway.url is empty

    LettersPart letters_;
    DeskPart desk_;
    api::AdminPorts adminPorts_;
    api::Router adminRouter_;
    http::Server adminServer_;
    std::optional<RelayPart> relay_;
    std::unique_ptr<Doorbell> doorbell_;       // null: relay.doorbell or redis.enabled is off
    std::unique_ptr<ConsumersPart> consumers_; // null: this node has not the role
    CardPart cards_;
    JobParts jobParts_;
    BestSellersPart bestSellers_;
    ReconcilePart reconcile_;
    scheduler::Scheduler scheduler_;
    std::optional<ApiPart> api_;

    std::vector<metrics::Registry::Callback> callbacks_;
    std::vector<core::Service*> started_;
};

} // namespace outboxd::daemon
