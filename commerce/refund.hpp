// Money that goes back, as the rules see it.
#pragma once

#include "commerce/model.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::commerce {

enum class RefundState { pending, succeeded, failed, unknown };
// Somebody asked for it, or it makes good what must not have been charged.
enum class RefundOrigin { request, compensation };

struct Refund {
    RefundId id;
    PaymentId payment;
    std::optional<OrderId> order;
    std::optional<UserId> user; // of the payment; ignored when adding
    core::Money amount;
    RefundState state = RefundState::pending;
    RefundOrigin origin = RefundOrigin::request;
    std::string reason;                                // as whoever asked gave it
    std::optional<std::string> failure = {};           // why it failed, or is unknown
    std::optional<std::string> gatewayKey = {};        // of a card refund: what the gateway knows it by
    std::optional<std::string> paymentKey = {};        // of a card refund: the charge's; ignored when adding
    std::int64_t attempts = 0;                         // how often the gateway was asked in vain
    std::optional<core::Timestamp> nextAttemptAt = {}; // while the gateway's answer is awaited
    core::Timestamp createdAt;
    std::vector<Pieces> lines = {}; // goods that come back with it; by product id, one line per product
};

// Stable names in UPPER_CASE, as the database and the API spell them; the others throw core::Error(invalid_data) for a
// name that there is not.
std::string_view name(RefundState state);
std::string_view name(RefundOrigin origin);
RefundState refundStateFrom(std::string_view name);
RefundOrigin refundOriginFrom(std::string_view name);

} // namespace outboxd::commerce
