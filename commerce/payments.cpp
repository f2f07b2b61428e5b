#include "commerce/payments.hpp"

#include "commerce/events.hpp"
#include "commerce/require.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

bool isCurrency(std::string_view text) {
    return text.size() == 3 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

} // namespace

std::variant<Order, OrderNotFound, WrongState, OrderExpired> lockPayable(Transaction& transaction, OrderId id,
                                                                         UserId payer) {
    auto order = transaction.orders().lock(id);
    if (!order || order->user != payer) return OrderNotFound{id};
    if (order->state == OrderState::expired) return OrderExpired{order->expiresAt};
    if (order->state != OrderState::waiting) return WrongState{order->state};
    if (order->expiresAt <= transaction.clock().today()) return OrderExpired{order->expiresAt};
    return std::move(*order);
}

void PayOrder::check(Problems&) const {}

PayOrderResult payOrder(Transaction& transaction, const Valid<PayOrder>& command) {
    auto payable = lockPayable(transaction, command->order, command->user);
    if (auto* refusal = std::get_if<OrderNotFound>(&payable)) return *refusal;
    if (auto* refusal = std::get_if<WrongState>(&payable)) return *refusal;
    if (auto* refusal = std::get_if<OrderExpired>(&payable)) return *refusal;
    auto& order = std::get<Order>(payable);
    const auto now = transaction.clock().today();
    order.completedAt = now;
    require(transaction.orders().move(order.id, OrderState::waiting, OrderState::complete, now),
            "an order changed its state while its row was locked");
    Payment payment;
    payment.method = PaymentMethod::points;
    payment.amount = order.total;
    payment.order = order.id;
    payment.user = order.user;
    payment.createdAt = now;
    payment.id = transaction.payments().add(payment);
    transaction.outbox().add(paymentCompleted(transaction.clock(), order, payment, command->traceparent));

    // The account may be wanted by the user's other requests, so it is locked last.
    auto& accounts = transaction.accounts();
    const core::Money taken{-order.total.minorUnits()};
    const auto balance = accounts.change(order.user, taken, kMostBalance);
    if (!balance)
        return InsufficientPoints{accounts.balance(order.user).value_or(core::Money{}), order.total};
    accounts.record(order.user, {.id = {},
                                 .kind = HistoryKind::use,
                                 .amount = taken,
                                 .balanceAfter = *balance,
                                 .reference = "payment:" + std::to_string(payment.id.value),
                                 .at = now});
    return Paid{payment, now, *balance};
}

void Authorize::check(Problems& problems) const {
    problems.length("/merchant", merchant, 1, 64);
    problems.range("/amount", amount, core::Money{1}, kMostAmount);
    if (!isCurrency(currency)) problems.add("/currency", "must be three capital letters, as in ISO 4217");
    problems.length("/reference", reference, 1, 128);
}

Payment newAuthorization(const core::Clock& clock, const Valid<Authorize>& command) {
    Payment payment;
    payment.method = PaymentMethod::authorization;
    payment.amount = command->amount;
    payment.merchant = command->merchant;
    payment.currency = command->currency;
    payment.reference = command->reference;
    payment.createdAt = clock.today();
    return payment;
}

Payment authorize(Transaction& transaction, const Valid<Authorize>& command) {
    auto payment = newAuthorization(transaction.clock(), command);
    payment.id = transaction.payments().add(payment);
    transaction.outbox().add(paymentAuthorized(transaction.clock(), payment, command->traceparent));
    return payment;
}

} // namespace outboxd::commerce
