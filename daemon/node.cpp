#include "daemon/node.hpp"

#include "api/admin/reconcile_routes.hpp"
#include "daemon/figure_metrics.hpp"
#include "daemon/jobs/fence_metric.hpp"
#include "daemon/jobs/jobs.hpp"
#include "daemon/sink_settings.hpp"
#include "platform/core/event_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace outboxd::daemon {

using namespace std::chrono_literals;

namespace {

// A database that was silent for longer makes the node unready; some heartbeats may be lost before.
constexpr auto kContactIsRecent = 5s;
// A node whose lease keeper was silent for longer has no share of the lanes.
constexpr auto kPeerIsSilent = 5s;

std::string rolesOf(const Settings& settings) {
    std::string roles;
    const auto add = [&](Role role, const char* name) {
        if (settings.roles.contains(role)) roles += (roles.empty() ? "" : ",") + std::string{name};
    };
    add(Role::api, "api");
    add(Role::relay, "relay");
    add(Role::jobs, "jobs");
    add(Role::consumers, "consumers");
    return roles;
}

redis::Settings redisSettings(const Settings& settings) {
    return {settings.redis.host, settings.redis.port, settings.redis.timeout};
}

http::ServerSettings adminSettings(const Settings& settings) {
    http::ServerSettings server;
    server.name = "admin";
    server.setting = "admin";
    server.host = settings.admin.host;
    server.port = settings.admin.port;
    server.maxConnections = 32;
    server.drainTimeout = 1s;
    return server;
}

std::vector<metrics::Registry::Callback> poolMetrics(metrics::Registry& registry, const database::Pool& pool,
                                                     const std::string& name) {
    using Figures = database::Pool::Figures;
    return FigureMetrics(registry, {{"pool", name}}, [&pool] { return pool.figures(); })
        .gauge("outboxd_database_sessions_open", "Connections to the database", &Figures::open)
        .gauge("outboxd_database_sessions_idle", "Connections that nobody uses", &Figures::idle)
        .gauge("outboxd_database_waiting", "Callers waiting for a connection", &Figures::waiting)
        .counter("outboxd_database_refused_total", "Callers refused because too many waited",
                 &Figures::refused)
        .counter("outboxd_database_timed_out_total", "Callers that waited too long", &Figures::timedOut)
        .counter("outboxd_database_discarded_total", "Connections dropped as broken or old",
                 &Figures::discarded)
        .take();
}

} // namespace

Node::Node(const Settings& settings, const std::string& version, const core::Clock& clock,
           core::Logger& logger)
    : settings_(settings), logger_(logger), progress_(clock), stores_(settings, clock),
      databaseContact_(clock),
      redis_(settings.redis.enabled ? std::make_unique<redis::Client>(redisSettings(settings)) : nullptr),
      coupons_(settings, stores_, clock, redis_.get(), registry_), locks_(stores_.work),
      incarnation_(core::newEventId(clock).text()),
      nodes_(stores_.work, {nodeName(settings), incarnation_, rolesOf(settings), version}),
      peers_(stores_.work, nodeName(settings), incarnation_,
             std::min<std::chrono::microseconds>(kPeerIsSilent, settings.relay.lease)),
      history_(stores_.work, nodeName(settings), clock), board_(stores_.work, nodeName(settings)),
      durability_(settings.roles.contains(Role::relay) ? std::optional(sinkSettings(settings)) : std::nullopt,
                  stores_, clock, logger, registry_),
      gateway_(settings.gateway.url.empty()
                   ? nullptr
                   : std::make_unique<GatewayPart>(settings, clock, logger, registry_)),
      letters_(settings, stores_, clock, logger, registry_), desk_(settings, stores_, clock, logger),
      adminPorts_(adminPorts()), adminRouter_(desk_.token, logger),
      adminServer_(adminSettings(settings), adminRouter_, clock, logger), consumers_(makeConsumers(clock)),
      cards_(settings, gateway_.get(), registry_, logger), jobParts_{stores_, clock, logger,
                                                                     [this] { ring(); }},
      bestSellers_(settings, stores_, redis_.get(), clock, logger, registry_),
      reconcile_(settings, stores_, coupons_, cards_, bestSellers_, desk_, clock, logger, registry_),
      scheduler_(jobs(), {locks_, board_, history_, clock, logger, nodeName(settings)}, progress_) {
    if (settings.roles.contains(Role::relay)) {
        relay_.emplace(settings, stores_, locks_, peers_, clock, logger, progress_, registry_);
    }
    doorbell_ = makeDoorbell(clock);
    if (settings.roles.contains(Role::api)) {
        api_.emplace(settings, stores_, bestSellers_.cache, coupons_, cards_, clock, logger, registry_,
                     [this] { ring(); });
    }
    api::addAdminRoutes(adminRouter_, adminPorts_);
    desk_.addRoutes(adminRouter_);
    letters_.addRoutes(adminRouter_);
    api::addReconcileRoutes(adminRouter_, reconcile_.runs);
    std::ranges::move(poolMetrics(registry_, stores_.requestPool, "requests"),
                      std::back_inserter(callbacks_));
    std::ranges::move(poolMetrics(registry_, stores_.batchPool, "batches"), std::back_inserter(callbacks_));
    std::ranges::move(poolMetrics(registry_, stores_.workPool, "work"), std::back_inserter(callbacks_));
}

Node::~Node() { stop(); }

void Node::start() {
    nodes_.enter();
    databaseContact_.worked();
    std::vector<core::Service*> services{&adminServer_};
    if (relay_) services.push_back(&relay_->service);
    if (doorbell_) services.push_back(doorbell_.get());
    if (consumers_) std::ranges::copy(consumers_->services(), std::back_inserter(services));
    services.push_back(&scheduler_);
    if (api_) services.push_back(&api_->server);
    try {
        for (auto* service : services) {
            service->start();
            started_.push_back(service);
        }
        running_ = true;
    } catch (...) {
        stop();
        throw;
    }
}

void Node::stop() {
    draining_ = true;
    coupons_.watch.close(); // requests that wait for a verdict answer what they know
    for (; !started_.empty(); started_.pop_back()) {
        auto& service = *started_.back();
        logger_.info("stopping", {{"service", service.name()}});
        service.stop();
    }
}

void Node::reload() {
    if (api_) api_->reload(settings_);
    desk_.reload(settings_);
    if (gateway_) gateway_->reload(settings_);
    if (consumers_) consumers_->reload(settings_);
}

void Node::ring() {
    if (relay_) relay_->service.ring();
    if (doorbell_) doorbell_->ring();
}

std::unique_ptr<Doorbell> Node::makeDoorbell(const core::Clock& clock) {
    if (!redis_ || !settings_.relay.doorbell) return nullptr;
    std::function<void()> wakeRelay;
    if (relay_) wakeRelay = [this] { relay_->service.ring(); };
    auto doorbell = std::make_unique<Doorbell>(
        Doorbell::Settings{redisSettings(settings_), "outboxd:" + settings_.database.name + ":doorbell",
                           nodeName(settings_), incarnation_},
        *redis_, peers_, clock, logger_, std::move(wakeRelay));
    std::ranges::move(FigureMetrics(registry_, {}, [bell = doorbell.get()] { return bell->figures(); })
                          .counter("outboxd_doorbell_published_total", "Rings for the relays of other nodes",
                                   &Doorbell::Figures::published)
                          .counter("outboxd_doorbell_heard_total",
                                   "Rings of other nodes, or of foreign writers", &Doorbell::Figures::heard)
                          .counter("outboxd_doorbell_failed_total", "Rings that Redis did not take",
                                   &Doorbell::Figures::failed)
                          .take(),
                      std::back_inserter(callbacks_));
    return doorbell;
}

std::unique_ptr<ConsumersPart> Node::makeConsumers(const core::Clock& clock) {
    if (!settings_.roles.contains(Role::consumers)) return nullptr;
    const ListenerParts parts{settings_, stores_, clock, logger_, registry_, [this] { ring(); }};
    return std::make_unique<ConsumersPart>(parts, listeners(parts), letters_.box(), progress_);
}

std::string Node::summary() const {
    std::string text = "roles " + rolesOf(settings_);
    if (api_) text += fmt::format(", api on {}:{}", settings_.http.host, api_->server.port());
    return text + fmt::format(", admin on {}:{}", settings_.admin.host, adminServer_.port());
}

// Those that this node shall run; what the settings say of each is added here.
std::vector<scheduler::Job> Node::jobs() {
    using scheduler::Job;
    std::vector<Job> jobs;
    const auto add = [&](std::string_view name, const auto& make) {
        const auto& described = jobDescription(name);
        const auto& job = settings_.jobs.of(name);
        if (!job.enabled || !described.here(settings_)) return;
        jobs.push_back(make());
        jobs.back().name = name;
        jobs.back().schedule = job.schedule;
        jobs.back().lock = job.lock;
        jobs.back().timeout = job.timeout;
    };
    add("node-heartbeat", [this] {
        return Job{.history = Job::History::transitions, .work = [this](const auto&) { beat(); }};
    });
    add("durability-check", [this] { return durability_.job(); });
    add("outbox-backlog", [this] {
        return Job{.history = Job::History::transitions,
                   .work = [this](const auto&) { relay_->measureBacklog(); }};
    });
    add("topic-changes", [this] { return topicChanges(desk_.changes, *desk_.cluster); });
    add("topic-care", [this] { return topicCare(desk_.changes, relay_->sink, logger_); });
    add("dead-letter-figures", [this] {
        return Job{.history = Job::History::transitions, .work = [this](const auto&) { letters_.measure(); }};
    });
    add("dead-letter-retry", [this] { return deadLetterRetry(letters_.retry(consumers_->listeners())); });
    add("processed-retention", [this] {
        return processedRetention(jobParts_, sinkSettings(settings_).client, settings_.consumers.retention);
    });
    add("history-retention", [this] { return historyRetention(jobParts_, settings_.jobs.historyRetention); });
    add("outbox-retention", [this] { return outboxRetention(jobParts_, settings_.outbox.retention); });
    add("idempotency-retention", [this] { return idempotencyRetention(jobParts_); });
    add("order-expiry", [this] { return orderExpiry(jobParts_); });
    add("coupon-drain", [this] { return couponDrain(jobParts_, settings_.coupons, coupons_); });
    add("coupon-filter", [this] { return couponFilter(jobParts_, coupons_); });
    add("payment-recovery",
        [this] { return paymentRecovery(jobParts_, *cards_.gateway, cards_.watch, cards_.rules); });
    add("top5-warm", [this] { return top5Warm(jobParts_, *bestSellers_.store, bestSellers_.topics); });
    add("reconcile", [this] { return reconcile(jobParts_, settings_.reconcile.repair); });
    add("reconcile-runs", [this] { return reconcileRuns(jobParts_, reconcile_); });
    add("reconcile-figures", [this] { return reconcileFigures(jobParts_, reconcile_); });
    return withFenceMetric(std::move(jobs), registry_);
}

void Node::beat() {
    try {
        nodes_.beat();
        databaseContact_.worked();
    } catch (const core::Error& error) {
        databaseContact_.failed(error.what());
        throw;
    }
}

api::AdminPorts Node::adminPorts() {
    api::AdminPorts ports;
    ports.stuckLoops = [this] { return progress_.stuck(); };
    ports.started = [this] { return running_.load(); };
    ports.draining = [this] { return draining_.load(); };
    ports.metrics = [this] { return registry_.text(); };
    ports.metricsContentType = metrics::Registry::contentType();
    ports.checks.push_back({"database", [this] { return checkDatabase(); }});
    if (!settings_.gateway.url.empty())
        ports.checks.push_back({"gateway", [this] { return gateway_->check(); }});
    if (settings_.redis.enabled) ports.checks.push_back({"redis", [this] { return checkRedis(); }});
    if (settings_.roles.contains(Role::relay))
        ports.checks.push_back({"kafka", [this] { return checkKafka(); }});
    if (settings_.roles.contains(Role::consumers))
        ports.checks.push_back(
            {"listeners", [this] { return consumers_ ? consumers_->check() : api::CheckResult{}; }});
    // Nothing is slower or staler by it: the node is as ready as ever.
    ports.checks.push_back({"durability", [this] {
                                return api::CheckResult{api::Health::ok, durability_.text()};
                            }});
    return ports;
}

api::CheckResult Node::checkDatabase() const {
    if (const auto trouble = databaseContact_.trouble(kContactIsRecent)) return {api::Health::down, *trouble};
    return {};
}

api::CheckResult Node::checkRedis() {
    try {
        redis_->ping();
        return {};
    } catch (const core::Error& error) {
        return {api::Health::degraded, error.what()};
    }
}

api::CheckResult Node::checkKafka() const {
    if (const auto refusal = relay_->sink.refusal(); !refusal.empty())
        return {api::Health::degraded, "the brokers and this node do not accept each other: " + refusal};
    if (!relay_->sink.reachable())
        return {api::Health::degraded, "no broker can be reached; events wait in the outbox"};
    if (relay_->service.figures().stalled) {
        return {api::Health::degraded, "the brokers do not acknowledge; events wait in the outbox"};
    }
    for (const auto& topic : relay_->sink.topics())
        if (!topic.needs.empty()) return {api::Health::degraded, topic.needs};
    return {};
}

} // namespace outboxd::daemon
