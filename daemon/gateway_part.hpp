// The card gateway of a node, put together: calls, their breaker, and whose callbacks are believed.
#pragma once

#include "api/admin/admin_routes.hpp"
#include "commerce/gateway/http_card_gateway.hpp"
#include "daemon/settings.hpp"
#include "platform/http/webhook.hpp"
#include "platform/metrics/metrics.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace outboxd::daemon {

// Only if gateway.url is set. Thread-safe, but reload() belongs to the main thread.
class GatewayPart {
public:
    // Connects to nothing. Throws core::Error(misconfigured).
    GatewayPart(const Settings& settings, const core::Clock& clock, core::Logger& logger,
                metrics::Registry& registry);

    // Takes over webhook secrets that were read again.
    void reload(const Settings& settings);

    commerce::CardGateway& gateway() { return gateway_; }
    // Whether the gateway has sent this callback, just now. Counts and logs those that are refused.
    bool genuine(const http::Request& request);
    // Degraded while nothing is sent to the gateway.
    api::CheckResult check() const;

private:
    using Secrets = std::vector<http::WebhookSecret>;
    using Operation = commerce::gateway::Operation;
    using Outcome = commerce::GatewayAnswer::Outcome;

    void countCalls(metrics::Registry& registry);
    void report(Operation operation, Outcome outcome, int tries, std::chrono::microseconds took);

    const core::Clock& clock_;
    core::Logger& logger_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Secrets> secrets_; // guarded by mutex_
    std::map<std::pair<Operation, Outcome>, metrics::Counter> calls_;
    std::map<Operation, metrics::Histogram> durations_;
    std::map<http::WebhookVerdict, metrics::Counter> callbacksReceived_;
    metrics::Counter tries_;
    commerce::gateway::HttpCardGateway gateway_;
    std::vector<metrics::Registry::Callback> callbacks_;
};

} // namespace outboxd::daemon
