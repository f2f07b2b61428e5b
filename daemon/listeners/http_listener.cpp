#include "daemon/listeners/http_listener.hpp"

#include "daemon/breaker_metrics.hpp"

namespace outboxd::daemon {
namespace {

scheduler::http::HttpEffectSettings effectSettings(std::string name, std::set<std::string, std::less<>> types,
                                                   const HttpListenerSettings& from) {
    auto parsed = http::parseEndpoint(from.url);
    if (const auto* const wrong = std::get_if<http::NotAnEndpoint>(&parsed))
        throw core::Error(core::ErrorKind::misconfigured, "the URL of " + name + " " + wrong->why,
                          "change its url");
    scheduler::http::HttpEffectSettings settings;
    settings.name = std::move(name);
    settings.types = std::move(types);
    settings.endpoint = std::get<http::Endpoint>(parsed);
    settings.caFile = from.caFile;
    settings.timeout = from.timeout;
    settings.workers = from.workers;
    settings.breaker = breakerFrom(from.breaker);
    return settings;
}

std::vector<http::WebhookSecret> secretsOf(const HttpListenerSettings& settings) {
    auto secrets = http::parseWebhookSecrets(settings.secretFile.value.reveal());
    if (secrets.empty())
        throw core::Error(core::ErrorKind::misconfigured,
                          "there is no secret to sign the calls of a listener with", "set its secret_file");
    return secrets;
}

} // namespace

HttpListener::HttpListener(std::string name, std::set<std::string, std::less<>> types,
                           const HttpListenerSettings& settings, const ListenerParts& parts)
    : processed_(parts.stores.work),
      durations_(parts.registry.histogram("outboxd_listener_call_seconds", "Until the receiver had answered.",
                                          metrics::durationBuckets(), {{"listener", name}})),
      effect_(effectSettings(name, std::move(types), settings), secretsOf(settings), processed_, parts.clock,
              [this](Outcome outcome, auto took) { report(outcome, took); }) {
    using enum scheduler::http::CallOutcome;
    for (const auto outcome : {accepted, refused, failed, throttled, unreachable})
        calls_.emplace(outcome,
                       parts.registry.counter(
                           "outboxd_listener_calls_total", "Calls to the receiver, and its answers.",
                           {{"listener", name}, {"outcome", std::string{scheduler::http::name(outcome)}}}));
    callbacks_ = breakerMetrics(parts.registry, name, [this] { return effect_.breaker(); });
}

void HttpListener::reload(const HttpListenerSettings& settings) { effect_.take(secretsOf(settings)); }

std::string HttpListener::trouble() const {
    if (effect_.breaker().state != core::CircuitBreaker::State::open) return {};
    return "the receiver of " + std::string{name()} +
           " has failed too often (circuit breaker open); its events wait";
}

void HttpListener::report(Outcome outcome, std::chrono::microseconds took) {
    calls_.at(outcome).increment();
    durations_.observe(std::chrono::duration<double>(took).count());
}

} // namespace outboxd::daemon
