#include "api/problems/payments.hpp"

#include <fmt/format.h>

namespace outboxd::api {

http::Problem problemFor(const commerce::InsufficientPoints& refusal) {
    return {409, "insufficient_points",
            fmt::format("The balance is {}; {} are needed.", refusal.balance.minorUnits(),
                        refusal.needed.minorUnits())};
}

http::Problem problemFor(const commerce::PaymentNotFound& refusal) {
    return {404, "payment_not_found", fmt::format("There is no payment {}.", refusal.payment.value)};
}

http::Problem problemFor(const commerce::NotRefundable& refusal) {
    return {
        409, "not_refundable",
        fmt::format("The payment is {} and of kind {}; only successful ones of an order are refunded here.",
                    commerce::name(refusal.state), commerce::name(refusal.method))};
}

http::Problem problemFor(const commerce::RefundTooLarge& refusal) {
    return {409, "refund_too_large",
            fmt::format("Of the payment {} can still be refunded.", refusal.left.minorUnits())};
}

http::Problem problemFor(const commerce::TooManyReturned& refusal) {
    return {409, "too_many_returned",
            fmt::format("Of product {} only {} can come back.", refusal.product.value, refusal.left)};
}

http::Problem problemFor(const commerce::UnknownGatewayKey&) {
    return {404, "payment_not_found", "Nothing here has this key."};
}

http::Problem problemFor(const commerce::AmountMismatch& refusal) {
    return {.status = 422,
            .code = "amount_mismatch",
            .detail = fmt::format("The amount is {}, not {}.", refusal.ours.minorUnits(),
                                  refusal.theirs.minorUnits()),
            .errors = {{"/amount", "is not what was asked for"}}};
}

http::Problem noCards() {
    return {422, "card_payments_unavailable", "Cards are not taken here; pay by points."};
}

namespace {

std::string because(std::string_view what, const std::optional<std::string>& reason) {
    if (!reason || reason->empty()) return fmt::format("{}.", what);
    return fmt::format("{}: {}{}", what, *reason, reason->back() == '.' ? "" : ".");
}

} // namespace

http::Problem cardDeclined(const std::optional<std::string>& reason) {
    return {402, "card_declined", because("The card was not charged", reason)};
}

http::Problem refundDeclined(const std::optional<std::string>& reason) {
    return {409, "refund_declined", because("The gateway refused the refund", reason)};
}

} // namespace outboxd::api
