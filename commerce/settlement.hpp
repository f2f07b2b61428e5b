// The gateway's answer to a charge or a refund becomes the shop's. The reply to our own call, the gateway's callback and
// the recovery's inquiry all end here, in any order, as often as they like: the rows decide which of them counts.
//
// States: PENDING and UNKNOWN wait for an answer; the first final one moves the row, by compare-and-set under the locks
// of order, payment and refund, in this order. The same answer again is a success without effect.
#pragma once

#include "commerce/anomaly.hpp"
#include "commerce/card_gateway.hpp"
#include "commerce/card_rules.hpp"
#include "commerce/points.hpp"
#include "commerce/ports.hpp"
#include "commerce/refund.hpp"

#include <optional>

namespace outboxd::commerce {

struct Settlement {
    Payment payment;      // as it is afterwards
    bool changed = false; // its state; false: the same was known before, or nothing new was said
    std::optional<core::Timestamp> completedAt = {}; // of its order
    std::optional<Anomaly> anomaly = {};             // to be reported once this is committed
};

// Succeeded: the order is complete, or, if somebody wanted to cancel it meanwhile, cancelled, and one refund of everything
// is planned. Declined: the order waits again, or is cancelled or expired, and gives back what it holds. Unknown and
// pending: the next inquiry is planned. Not found counts as declined once the gateway must know the payment, until then
// as unknown. A success after a failure plans one refund; a failure after a success changes nothing.
//
// With the events of each. Throws core::Error(internal) if there is no such card or points payment.
Settlement settle(Transaction& transaction, const CardRules& rules, PaymentId id, const GatewayAnswer& answer,
                  const std::optional<std::string>& traceparent);

struct RefundSettlement {
    Refund refund;                       // as it is afterwards
    bool changed = false;                // its state
    std::optional<Anomaly> anomaly = {}; // to be reported once this is committed
    // Set: the points do not fit the account. Nothing may be kept then; of refunds of points only.
    std::optional<BalanceLimitReached> refused = {};
};

// Succeeded: points, goods and, with the last of the money, the coupon come back, and the payment is refunded. Declined:
// the money can be refunded again. Everything else: the next attempt is planned.
RefundSettlement settleRefund(Transaction& transaction, const CardRules& rules, RefundId id,
                              const GatewayAnswer& answer, const std::optional<std::string>& traceparent);

} // namespace outboxd::commerce
