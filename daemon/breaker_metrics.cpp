#include "daemon/breaker_metrics.hpp"

#include "daemon/figure_metrics.hpp"

namespace outboxd::daemon {

using core::CircuitBreaker;

std::vector<metrics::Registry::Callback>
breakerMetrics(metrics::Registry& registry, const std::string& name,
               const std::function<CircuitBreaker::Figures()>& read) {
    using Figures = CircuitBreaker::Figures;
    auto callbacks =
        FigureMetrics(registry, {{"name", name}}, read)
            .gauge("outboxd_circuitbreaker_failure_rate", "Percent of the calls in the window; -1: too few",
                   &Figures::failureRate)
            .gauge("outboxd_circuitbreaker_slow_call_rate", "Percent of the calls in the window; -1: too few",
                   &Figures::slowCallRate)
            .gauge("outboxd_circuitbreaker_buffered_calls", "Calls in the window", &Figures::bufferedCalls)
            .counter("outboxd_circuitbreaker_not_permitted_calls_total", "Calls that were not made",
                     &Figures::notPermittedCalls)
            .counter("outboxd_circuitbreaker_opened_total", "How often it opened", &Figures::timesOpened)
            .take();
    for (const auto state :
         {CircuitBreaker::State::closed, CircuitBreaker::State::open, CircuitBreaker::State::half_open}) {
        callbacks.push_back(registry.callback(metrics::Registry::CallbackKind::gauge,
                                              "outboxd_circuitbreaker_state",
                                              "1 for the state that the circuit breaker is in",
                                              {{"name", name}, {"state", std::string{core::name(state)}}},
                                              [read, state] { return read().state == state ? 1.0 : 0.0; }));
    }
    return callbacks;
}

} // namespace outboxd::daemon
