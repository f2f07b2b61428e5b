#include "commerce/loyalty_events.hpp"

#include "commerce/event_json.hpp"

namespace outboxd::commerce {

OutboxEvent loyaltyMoved(const core::Clock& clock, const LoyaltyMovement& movement) {
    EventJson payload;
    payload.field("version", 1).field("userId", movement.user);
    if (!movement.refund) {
        payload.field("amount", movement.amount)
            .field("balance", movement.balance)
            .field("orderId", movement.order)
            .field("paymentId", movement.payment)
            .field("addedAt", clock.today());
        return newEvent(clock, "point_account", movement.user.value, "PointsAdded", payload,
                        movement.traceparent);
    }
    payload.field("amount", core::Money{}.minus(movement.amount).value())
        .field("missing", movement.missing)
        .field("balance", movement.balance)
        .field("orderId", movement.order)
        .field("paymentId", movement.payment)
        .field("refundId", *movement.refund)
        .field("takenBackAt", clock.today());
    return newEvent(clock, "point_account", movement.user.value, "PointsTakenBack", payload,
                    movement.traceparent);
}

} // namespace outboxd::commerce
