// A settlement in a transaction of its own, reported once it is committed. Internal to commerce/.
#pragma once

#include "commerce/payment_watch.hpp"
#include "commerce/settlement.hpp"
#include "commerce/unit_of_work.hpp"

namespace outboxd::commerce {

inline void report(PaymentWatch& watch, const Settlement& settled) {
    const auto& payment = settled.payment;
    if (settled.changed) watch.moved(payment.method, payment.state);
    if (settled.anomaly) watch.alert(*settled.anomaly, payment.gatewayKey.value_or(""), payment.id.value);
}

inline void report(PaymentWatch& watch, const RefundSettlement& settled) {
    const auto& refund = settled.refund;
    if (settled.changed) watch.moved(refund);
    if (settled.anomaly) watch.alert(*settled.anomaly, refund.gatewayKey.value_or(""), refund.id.value);
}

// Both throw core::Error.
inline Settlement settleWatched(UnitOfWork& unitOfWork, PaymentWatch& watch, const CardRules& rules,
                                PaymentId id, const GatewayAnswer& answer,
                                const std::optional<std::string>& traceparent) {
    auto settled = transact(unitOfWork, [&](Transaction& transaction) {
        return settle(transaction, rules, id, answer, traceparent);
    });
    report(watch, settled);
    return settled;
}

inline RefundSettlement settleWatched(UnitOfWork& unitOfWork, PaymentWatch& watch, const CardRules& rules,
                                      RefundId id, const GatewayAnswer& answer,
                                      const std::optional<std::string>& traceparent) {
    auto settled = transact(unitOfWork, [&](Transaction& transaction) {
        return settleRefund(transaction, rules, id, answer, traceparent);
    });
    report(watch, settled);
    return settled;
}

} // namespace outboxd::commerce
