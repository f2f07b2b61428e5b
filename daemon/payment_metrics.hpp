// Payments as the operator sees them: counted by what they came to, and an alert for each answer that does not fit.
#pragma once

#include "commerce/payment_watch.hpp"
#include "platform/core/logger.hpp"
#include "platform/metrics/metrics.hpp"

namespace outboxd::daemon {

// Both must outlive it.
class PaymentMetrics final : public commerce::PaymentWatch {
public:
    PaymentMetrics(metrics::Registry& registry, core::Logger& logger)
        : registry_(registry), logger_(logger) {}

    void moved(commerce::PaymentMethod method, commerce::PaymentState state) override;
    void moved(const commerce::Refund& refund) override;
    void alert(commerce::Anomaly anomaly, const std::string& key, std::int64_t id) override;
    void delayed(std::string_view what, std::int64_t id, std::string_view error) override;

private:
    metrics::Registry& registry_;
    core::Logger& logger_;
};

} // namespace outboxd::daemon
