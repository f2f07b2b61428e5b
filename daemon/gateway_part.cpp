#include "daemon/gateway_part.hpp"

#include "daemon/breaker_metrics.hpp"

#include <thread>

namespace outboxd::daemon {
namespace {

using core::CircuitBreaker;

commerce::gateway::HttpCardGatewaySettings gatewaySettings(const GatewaySettings& from) {
    auto parsed = http::parseEndpoint(from.url);
    if (const auto* const wrong = std::get_if<http::NotAnEndpoint>(&parsed))
        throw core::Error(core::ErrorKind::misconfigured, "the gateway's URL " + wrong->why,
                          "set gateway.url");
    commerce::gateway::HttpCardGatewaySettings settings;
    settings.endpoint = std::get<http::Endpoint>(parsed);
    settings.caFile = from.caFile;
    settings.apiKey = from.apiKeyFile.value.reveal();
    settings.timeout = from.timeout;
    settings.breaker = breakerFrom(from.breaker);
    return settings;
}

} // namespace

GatewayPart::GatewayPart(const Settings& settings, const core::Clock& clock, core::Logger& logger,
                         metrics::Registry& registry)
    : clock_(clock), logger_(logger),
      tries_(registry.counter("outboxd_gateway_tries_total",
                              "Requests sent to the card gateway, repeated ones too.")),
      gateway_(
          gatewaySettings(settings.gateway), clock,
          [this](Operation operation, Outcome outcome, int tries, auto took) {
              report(operation, outcome, tries, took);
          },
          [](std::chrono::microseconds pause) { std::this_thread::sleep_for(pause); }) {
    reload(settings);
    countCalls(registry);
    callbacks_ = breakerMetrics(registry, "gateway", [this] { return gateway_.breaker(); });
}

void GatewayPart::reload(const Settings& settings) {
    auto secrets = std::make_shared<const Secrets>(
        http::parseWebhookSecrets(settings.gateway.webhookSecretFile.value.reveal()));
    const std::lock_guard lock(mutex_);
    secrets_ = std::move(secrets);
}

void GatewayPart::countCalls(metrics::Registry& registry) {
    for (const auto operation :
         {Operation::charge, Operation::refund, Operation::charge_state, Operation::refund_state}) {
        const std::string name{commerce::gateway::name(operation)};
        for (const auto outcome : {Outcome::succeeded, Outcome::declined, Outcome::pending,
                                   Outcome::not_found, Outcome::unknown}) {
            calls_.emplace(std::pair{operation, outcome},
                           registry.counter("outboxd_gateway_calls_total",
                                            "What the card gateway was asked for, and its answers.",
                                            {{"operation", name},
                                             {"outcome", std::string{commerce::gateway::name(outcome)}}}));
        }
        durations_.emplace(operation, registry.histogram("outboxd_gateway_call_seconds",
                                                         "Until the card gateway had answered.",
                                                         metrics::durationBuckets(), {{"operation", name}}));
    }
    using enum http::WebhookVerdict;
    for (const auto verdict : {genuine, unsigned_call, malformed, too_old, too_new, wrong}) {
        callbacksReceived_.emplace(
            verdict, registry.counter("outboxd_gateway_callbacks_total",
                                      "Callbacks received, and whether their signature was good.",
                                      {{"verdict", std::string{http::name(verdict)}}}));
    }
}

void GatewayPart::report(Operation operation, Outcome outcome, int tries, std::chrono::microseconds took) {
    calls_.at({operation, outcome}).increment();
    tries_.increment(tries);
    if (tries > 0) durations_.at(operation).observe(std::chrono::duration<double>(took).count());
}

bool GatewayPart::genuine(const http::Request& request) {
    std::shared_ptr<const Secrets> secrets;
    {
        const std::lock_guard lock(mutex_);
        secrets = secrets_;
    }
    const auto verdict = http::verifyWebhook(request.headers, request.body, *secrets, clock_.today());
    callbacksReceived_.at(verdict).increment();
    if (verdict == http::WebhookVerdict::genuine) return true;
    logger_.warning("gateway_callback_refused", {{"verdict", http::name(verdict)},
                                                 {"address", request.clientAddress},
                                                 {"request_id", request.requestId}});
    return false;
}

api::CheckResult GatewayPart::check() const {
    if (gateway_.breaker().state != CircuitBreaker::State::open) return {};
    return {api::Health::degraded,
            "the card gateway failed too often (circuit breaker open); payments by card wait"};
}

} // namespace outboxd::daemon
