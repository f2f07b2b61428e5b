#include "commerce/order_events.hpp"

#include "commerce/event_json.hpp"

namespace outboxd::commerce {
namespace {

// What all events of an order begin with.
void begin(EventJson& payload, const Order& order) {
    payload.field("version", 1).field("orderId", order.id).field("userId", order.user);
}

} // namespace

OutboxEvent orderPlaced(const core::Clock& clock, const Order& order,
                        const std::optional<std::string>& traceparent) {
    EventJson payload;
    begin(payload, order);
    payload.field("total", order.total);
    if (order.coupon) payload.field("discount", order.discount).field("couponId", *order.coupon);
    payload.lines(order.lines).field("placedAt", order.createdAt).field("expiresAt", order.expiresAt);
    return newEvent(clock, "order", order.id.value, "OrderPlaced", payload, traceparent);
}

OutboxEvent orderCancelled(const core::Clock& clock, const Order& order,
                           const std::optional<std::string>& traceparent) {
    EventJson payload;
    begin(payload, order);
    payload.lines(order.lines);
    if (order.coupon) payload.field("couponId", *order.coupon);
    payload.field("reason", "REQUESTED").field("cancelledAt", clock.today());
    return newEvent(clock, "order", order.id.value, "OrderCancelled", payload, traceparent);
}

OutboxEvent orderExpired(const core::Clock& clock, const Order& order,
                         const std::optional<std::string>& traceparent) {
    EventJson payload;
    begin(payload, order);
    payload.lines(order.lines);
    if (order.coupon) payload.field("couponId", *order.coupon);
    payload.field("expiresAt", order.expiresAt).field("expiredAt", clock.today());
    return newEvent(clock, "order", order.id.value, "OrderExpired", payload, traceparent);
}

} // namespace outboxd::commerce
