// Settings that every server has which outboxd calls by HTTP.
#pragma once

#include "daemon/settings/duration.hpp"
#include "platform/config/schema.hpp"
#include "platform/core/circuit_breaker.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace outboxd::daemon {

struct BreakerSettings {
    int failureRate = 50;
    int slowCallRate = 50;
    Duration slowCall = 2s;
    std::size_t minimumCalls = 5;
    Duration open = 30s;
};

// breaker_failure_rate and the like, in the section that is open. `breaker` must not move and must outlive the schema.
void describeBreaker(config::Schema& schema, BreakerSettings& breaker);

core::CircuitBreakerSettings breakerFrom(const BreakerSettings& settings);

// What is wrong with the URL that `setting` holds; `exposed`: what would be sent in the clear without TLS, which is good enough
// within this machine.
std::optional<config::Mistake> checkUrl(const config::Schema& schema, std::string_view setting,
                                        const std::string& url, std::string_view exposed);

} // namespace outboxd::daemon
