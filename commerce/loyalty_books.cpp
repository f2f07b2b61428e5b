#include "commerce/loyalty_books.hpp"

#include "commerce/valid.hpp"
#include "platform/core/error.hpp"

#include <algorithm>

namespace outboxd::commerce {

std::string LoyaltyMovement::reference() const {
    return refund ? "loyalty-refund:" + std::to_string(refund->value)
                  : "loyalty:" + std::to_string(payment.value);
}

void LoyaltyBooks::workOff(const LoyaltyEvent& event) {
    if (const auto* made = std::get_if<PaymentMade>(&event.what)) {
        give(*made, event.traceparent);
    } else {
        takeBack(std::get<PaymentTakenBack>(event.what), event.traceparent);
    }
}

void LoyaltyBooks::give(const PaymentMade& made, const std::optional<std::string>& traceparent) {
    auto& payment = payments_.at(made.payment);
    const auto points = rate_.of(made.amount);
    if (payment.given || points == core::Money{}) return;
    auto& balance = balances_.at(made.user);
    const auto grown = balance.plus(points);
    if (!grown || *grown > kMostBalance)
        throw core::Error(core::ErrorKind::invalid_data,
                          "the account is full: loyalty points cannot be added");
    balance = *grown;
    payment.given = points;
    const LoyaltyMovement movement{.user = made.user,
                                   .payment = made.payment,
                                   .order = made.order,
                                   .refund = {},
                                   .amount = points,
                                   .balance = balance,
                                   .traceparent = traceparent};
    movements_.push_back(movement);
    for (auto& refund : payment.refunds) settle(refund, payment, movement); // those that were told before
}

void LoyaltyBooks::takeBack(const PaymentTakenBack& back, const std::optional<std::string>& traceparent) {
    auto& payment = payments_.at(back.payment);
    if (std::ranges::any_of(payment.refunds, [&](const auto& known) { return known.refund == back.refund; }))
        return;
    payment.refunds.push_back(
        {.refund = back.refund, .before = back.total.minus(back.amount).value(), .after = back.total});
    settle(payment.refunds.back(), payment,
           {.user = back.user,
            .payment = back.payment,
            .order = back.order,
            .refund = {},
            .amount = {},
            .balance = {},
            .traceparent = traceparent});
}

void LoyaltyBooks::settle(LoyaltyRefund& refund, const LoyaltyPayment& payment, LoyaltyMovement movement) {
    auto& balance = balances_.at(movement.user);
    refund.due = pointsBack(payment.given.value_or(core::Money{}), payment.paid, refund.before, refund.after);
    refund.taken = std::min(refund.due, balance);
    balance = balance.minus(refund.taken).value();
    refunds_.push_back({movement.user, movement.payment, refund});
    if (refund.due == core::Money{}) return;
    movement.refund = refund.refund;
    movement.amount = core::Money{}.minus(refund.taken).value();
    movement.balance = balance;
    movement.missing = refund.due.minus(refund.taken).value();
    movements_.push_back(std::move(movement));
}

} // namespace outboxd::commerce
