// The events of payments that are not over at once; see events.hpp.
#pragma once

#include "commerce/ports.hpp"
#include "commerce/refund.hpp"

#include <optional>
#include <string>

namespace outboxd::commerce {

OutboxEvent paymentFailed(const core::Clock& clock, const Order& order, const Payment& payment,
                          const std::optional<std::string>& traceparent);
OutboxEvent paymentUnknown(const core::Clock& clock, const Order& order, const Payment& payment,
                           const std::optional<std::string>& traceparent);

struct RefundTotals {
    core::Money refunded; // of the payment, with this refund
    bool full = false;    // nothing of it is left
};
OutboxEvent paymentRefunded(const core::Clock& clock, const Order& order, const Payment& payment,
                            const Refund& refund, const RefundTotals& totals,
                            const std::optional<std::string>& traceparent);

} // namespace outboxd::commerce
