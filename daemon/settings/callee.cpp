#include "daemon/settings/callee.hpp"

#include "platform/http/endpoint.hpp"

#include <fmt/format.h>

namespace outboxd::daemon {

using config::duration;
using config::integer;
using enum config::Reload;

void describeBreaker(config::Schema& schema, BreakerSettings& breaker) {
    schema.add("breaker_failure_rate", integer(breaker.failureRate, 1, 100, "percent"), restart,
               "Share of the last 100 calls that may fail before the circuit breaker opens.");
    schema.add("breaker_slow_call_rate", integer(breaker.slowCallRate, 1, 100, "percent"), restart,
               "Share of the last 100 calls that may be slow before the circuit breaker opens.");
    schema.add("breaker_slow_call", duration(breaker.slowCall, 10ms, 1min), restart,
               "From when on a call is slow.");
    schema.add("breaker_minimum_calls", integer(breaker.minimumCalls, 1, 100, "calls"), restart,
               "Fewer calls than that never open the circuit breaker.");
    schema.add("breaker_open", duration(breaker.open, 100ms, 1h), restart,
               "How long nothing is sent after it opened; then three calls are let through on trial.");
}

core::CircuitBreakerSettings breakerFrom(const BreakerSettings& settings) {
    core::CircuitBreakerSettings breaker;
    breaker.failureRateThreshold = settings.failureRate;
    breaker.slowCallRateThreshold = settings.slowCallRate;
    breaker.slowCallDurationThreshold = settings.slowCall;
    breaker.minimumNumberOfCalls = settings.minimumCalls;
    breaker.waitDurationInOpenState = settings.open;
    return breaker;
}

std::optional<config::Mistake> checkUrl(const config::Schema& schema, std::string_view setting,
                                        const std::string& url, std::string_view exposed) {
    const auto parsed = http::parseEndpoint(url);
    if (const auto* const wrong = std::get_if<http::NotAnEndpoint>(&parsed))
        return schema.mistake(setting, fmt::format("'{}' {}", url, wrong->why));
    const auto& endpoint = std::get<http::Endpoint>(parsed);
    if (endpoint.tls || endpoint.loopback()) return std::nullopt;
    return schema.mistake(setting, fmt::format("'{}' would send {} in the clear; use https", url, exposed));
}

} // namespace outboxd::daemon
