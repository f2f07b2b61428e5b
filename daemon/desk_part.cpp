#include "daemon/desk_part.hpp"

#include "api/admin/job_routes.hpp"
#include "daemon/sink_settings.hpp"
#include "platform/security/digest.hpp"

namespace outboxd::daemon {

namespace {

std::string tokenDigest(const Settings& settings) {
    const auto& file = settings.admin.tokenFile;
    return file.path.empty() ? std::string{} : security::sha256(file.value.reveal());
}

std::unique_ptr<scheduler::kafka::KafkaTopicCluster>
clusterOf(const Settings& settings, const core::Clock& clock, core::Logger& logger) {
    if (!settings.roles.contains(Role::relay)) return nullptr;
    return std::make_unique<scheduler::kafka::KafkaTopicCluster>(sinkSettings(settings).client, logger,
                                                                 clock);
}

} // namespace

scheduler::mysql::TopicOf topicOf(const Settings& settings) {
    const auto plan = std::make_shared<const scheduler::kafka::WirePlan>(wireSettings(settings.kafka));
    return [plan](const std::string& aggregateType, const std::string& type) {
        return plan->topicFor(aggregateType, type);
    };
}

DeskPart::DeskPart(const Settings& settings, Stores& stores, const core::Clock& clock, core::Logger& logger)
    : token(tokenDigest(settings)), outbox(stores.requests, topicOf(settings)),
      topics(stores.requests, topicOf(settings)), changes(stores.work, topicOf(settings)),
      jobs(stores.requests),
      cluster(clusterOf(settings, clock, logger)), desks{outbox, topics, cluster.get()} {}

void DeskPart::addRoutes(api::Router& router) {
    api::addOutboxRoutes(router, desks);
    api::addTopicRoutes(router, desks);
    api::addClusterRoutes(router, desks);
    api::addJobRoutes(router, jobs);
}

void DeskPart::reload(const Settings& settings) { token.replace(tokenDigest(settings)); }

} // namespace outboxd::daemon
