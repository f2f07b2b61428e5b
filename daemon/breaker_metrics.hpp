// The figures of a circuit breaker, named as Resilience4j names them.
#pragma once

#include "platform/core/circuit_breaker.hpp"
#include "platform/metrics/metrics.hpp"

#include <functional>
#include <string>
#include <vector>

namespace outboxd::daemon {

// `read` is called by the thread that scrapes, as long as the callbacks live.
std::vector<metrics::Registry::Callback>
breakerMetrics(metrics::Registry& registry, const std::string& name,
               const std::function<core::CircuitBreaker::Figures()>& read);

} // namespace outboxd::daemon
