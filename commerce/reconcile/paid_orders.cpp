#include "commerce/reconcile/paid_orders.hpp"

#include "commerce/events.hpp"
#include "commerce/refunds.hpp"
#include "commerce/release.hpp"
#include "commerce/require.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::reconcile {
namespace {

bool isUnderWay(const Payment& payment) {
    return payment.state == PaymentState::pending || payment.state == PaymentState::unknown;
}

// In a transaction that has the order locked.
class Mender {
public:
    Mender(Transaction& transaction, Order order) : transaction_(transaction), order_(std::move(order)) {}

    Mending without() {
        if (order_.state != OrderState::paying) return AllRight{};
        if (!order_.cancelRequested) {
            move(OrderState::waiting);
            return Mended{"the order waits for a payment again: none was under way"};
        }
        move(OrderState::cancelled);
        transaction_.outbox().add(orderCancelled(transaction_.clock(), order_, {}));
        release(transaction_, order_); // locks stock, so it comes last
        return Mended{"the order is cancelled, as was wanted: no payment was under way"};
    }

    Mending with(const Payment& payment, const std::function<bool()>& told) {
        if (isUnderWay(payment)) {
            if (order_.state == OrderState::paying) return AllRight{};
            move(OrderState::paying);
            return Mended{"the order is being paid: its payment is under way"};
        }
        if (payment.state != PaymentState::succeeded || payment.amount != order_.total ||
            payment.refunded != core::Money{})
            return ForPerson{
                "its payment is not for the price of the order, or went back in part: settle it with the customer"};
        if (order_.cancelRequested)
            return ForPerson{"the order was to be cancelled and its payment succeeded: refund the payment"};
        const bool silent = order_.completedAt || told();
        if (!order_.completedAt) order_.completedAt = transaction_.clock().today();
        move(OrderState::complete);
        if (!silent) transaction_.outbox().add(paymentCompleted(transaction_.clock(), order_, payment, {}));
        return Mended{fmt::format("the order is complete: payment {} succeeded", payment.id.value)};
    }

private:
    void move(OrderState to) {
        require(transaction_.orders().move(order_.id, order_.state, to, order_.completedAt),
                "an order changed its state while its row was locked");
        order_.state = to;
    }

    Transaction& transaction_;
    Order order_;
};

} // namespace

Mending mendOrder(Transaction& transaction, OrderId id, std::optional<PaymentId> live,
                  const std::function<bool()>& told) {
    const auto order = transaction.orders().lock(id);
    if (!order) return AllRight{};
    const auto payment = live ? transaction.payments().lock(*live) : std::nullopt;
    if (payment && payment->order != id) return AllRight{}; // not this order's any more
    const bool counts = payment && payment->state != PaymentState::failed;
    switch (order->state) {
    case OrderState::waiting:
    case OrderState::paying: {
        Mender mender(transaction, *order);
        return counts ? mender.with(*payment, told) : mender.without();
    }
    case OrderState::complete:
        if (counts && !isUnderWay(*payment) && payment->amount == order->total) return AllRight{};
        return ForPerson{"the order is complete and not paid for as it says: settle it with the customer"};
    case OrderState::cancelled:
    case OrderState::expired: return AllRight{};
    }
    return AllRight{};
}

Mending refundEnded(Transaction& transaction, const CardRules& rules, PaymentId id) {
    const auto seen = transaction.payments().find(id);
    if (!seen || !seen->order) return AllRight{};
    const auto order = transaction.orders().lock(*seen->order);
    const auto payment = transaction.payments().lock(id);
    require(order && payment, "a payment or its order vanished");
    if (order->state != OrderState::cancelled && order->state != OrderState::expired) return AllRight{};
    if (payment->state == PaymentState::failed || payment->refunded == payment->amount) return AllRight{};
    if (payment->state != PaymentState::succeeded)
        return ForPerson{
            "the payment is under way for an order that has ended: see what the gateway says of it"};
    if (payment->method == PaymentMethod::card && !payment->gatewayKey)
        return ForPerson{"the payment has no key at the gateway: give the money back by hand"};
    const auto wanted = validate(
        RequestRefund{payment->id, std::nullopt, "The order has ended and is not to be paid.", {}, {}});
    const auto result = requestRefund(transaction, rules, std::get<Valid<RequestRefund>>(wanted));
    if (const auto* refund = std::get_if<Refund>(&result))
        return Mended{fmt::format("refund {} of {}", refund->id.value, refund->amount.minorUnits())};
    return ForPerson{"the shop's rules refuse the refund: settle it with the customer"};
}

} // namespace outboxd::commerce::reconcile
