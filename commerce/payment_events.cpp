#include "commerce/payment_events.hpp"

#include "commerce/event_json.hpp"

namespace outboxd::commerce {
namespace {

EventJson& head(EventJson& payload, const Order& order, const Payment& payment) {
    return payload.field("version", 1)
        .field("orderId", order.id)
        .field("paymentId", payment.id)
        .field("userId", order.user)
        .field("method", name(payment.method))
        .field("amount", payment.amount);
}

} // namespace

OutboxEvent paymentFailed(const core::Clock& clock, const Order& order, const Payment& payment,
                          const std::optional<std::string>& traceparent) {
    EventJson payload;
    head(payload, order, payment);
    if (order.coupon) payload.field("couponId", *order.coupon);
    payload.field("reason", payment.reason.value_or("")).field("failedAt", clock.today());
    return newEvent(clock, "order", order.id.value, "PaymentFailed", payload, traceparent);
}

OutboxEvent paymentUnknown(const core::Clock& clock, const Order& order, const Payment& payment,
                           const std::optional<std::string>& traceparent) {
    EventJson payload;
    head(payload, order, payment)
        .field("reason", payment.reason.value_or(""))
        .field("since", payment.createdAt);
    return newEvent(clock, "order", order.id.value, "PaymentUnknown", payload, traceparent);
}

OutboxEvent paymentRefunded(const core::Clock& clock, const Order& order, const Payment& payment,
                            const Refund& refund, const RefundTotals& totals,
                            const std::optional<std::string>& traceparent) {
    EventJson payload;
    payload.field("version", 1)
        .field("orderId", order.id)
        .field("paymentId", payment.id)
        .field("refundId", refund.id)
        .field("userId", order.user)
        .field("method", name(payment.method))
        .field("amount", refund.amount)
        .field("refundedTotal", totals.refunded)
        .flag("full", totals.full)
        .field("reason", refund.reason)
        .lines(refund.lines);
    if (order.completedAt) payload.field("completedAt", *order.completedAt);
    payload.field("refundedAt", clock.today());
    return newEvent(clock, "order", order.id.value, "PaymentRefunded", payload, traceparent);
}

} // namespace outboxd::commerce
