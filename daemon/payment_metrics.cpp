#include "daemon/payment_metrics.hpp"

namespace outboxd::daemon {

void PaymentMetrics::moved(commerce::PaymentMethod method, commerce::PaymentState state) {
    registry_
        .counter("outboxd_payments_total", "Payments that reached a state, by their method",
                 {{"method", std::string{name(method)}}, {"state", std::string{name(state)}}})
        .increment();
}

void PaymentMetrics::moved(const commerce::Refund& refund) {
    registry_
        .counter("outboxd_refunds_total", "Refunds that reached a state, by who wanted them",
                 {{"origin", std::string{name(refund.origin)}}, {"state", std::string{name(refund.state)}}})
        .increment();
}

void PaymentMetrics::alert(commerce::Anomaly anomaly, const std::string& key, std::int64_t id) {
    registry_
        .counter("outboxd_payment_anomalies_total", "Answers of the gateway that do not fit what was known",
                 {{"kind", std::string{name(anomaly)}}})
        .increment();
    logger_.error(name(anomaly),
                  {{"gateway_key", key},
                   {"id", id},
                   {"next_step", "compare with the gateway's statement; see docs/operations.md"}});
}

void PaymentMetrics::delayed(std::string_view what, std::int64_t id, std::string_view error) {
    registry_
        .counter("outboxd_payments_delayed_total", "Payments and refunds left to the recovery",
                 {{"what", std::string{what}}})
        .increment();
    logger_.warning("payment_left_to_recovery", {{"what", what}, {"id", id}, {"error", error}});
}

} // namespace outboxd::daemon
