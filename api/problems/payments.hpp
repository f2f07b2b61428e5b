// Refusals about payments. See api/problems.hpp.
#pragma once

#include "commerce/card_payments.hpp"
#include "commerce/payments.hpp"
#include "commerce/refunds.hpp"
#include "platform/http/problem.hpp"

namespace outboxd::api {

http::Problem problemFor(const commerce::InsufficientPoints& refusal);
http::Problem problemFor(const commerce::PaymentNotFound& refusal);
http::Problem problemFor(const commerce::NotRefundable& refusal);
http::Problem problemFor(const commerce::RefundTooLarge& refusal);
http::Problem problemFor(const commerce::TooManyReturned& refusal);
http::Problem problemFor(const commerce::UnknownGatewayKey&);
http::Problem problemFor(const commerce::AmountMismatch& refusal);

// There is no gateway.
http::Problem noCards();
// What a payment or refund that failed answers. `reason` is the gateway's.
http::Problem cardDeclined(const std::optional<std::string>& reason);
http::Problem refundDeclined(const std::optional<std::string>& reason);

} // namespace outboxd::api
