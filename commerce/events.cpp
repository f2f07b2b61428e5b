#include "commerce/events.hpp"

#include "commerce/event_json.hpp"

namespace outboxd::commerce {
OutboxEvent pointsCharged(const core::Clock& clock, const Charged& charged,
                          const std::optional<std::string>& traceparent) {
    EventJson payload;
    payload.field("version", 1)
        .field("userId", charged.user)
        .field("amount", charged.amount)
        .field("balance", charged.balance)
        .field("chargedAt", clock.today());
    return newEvent(clock, "point_account", charged.user.value, "PointsCharged", payload, traceparent);
}

OutboxEvent paymentCompleted(const core::Clock& clock, const Order& order, const Payment& payment,
                             const std::optional<std::string>& traceparent) {
    EventJson payload;
    payload.field("version", 1)
        .field("orderId", order.id)
        .field("paymentId", payment.id)
        .field("userId", order.user)
        .field("method", name(payment.method))
        .field("amount", payment.amount)
        .lines(order.lines)
        .field("completedAt", order.completedAt.value());
    if (order.coupon) payload.field("couponId", *order.coupon).field("discount", order.discount);
    return newEvent(clock, "order", order.id.value, "PaymentCompleted", payload, traceparent);
}

OutboxEvent paymentAuthorized(const core::Clock& clock, const Payment& payment,
                              const std::optional<std::string>& traceparent) {
    EventJson payload;
    payload.field("version", 1)
        .field("paymentId", payment.id)
        .field("merchant", payment.merchant.value())
        .field("amount", payment.amount)
        .field("currency", payment.currency.value())
        .field("reference", payment.reference.value())
        .field("authorizedAt", payment.createdAt);
    return newEvent(clock, "payment", payment.id.value, "PaymentAuthorized", payload, traceparent);
}

} // namespace outboxd::commerce
