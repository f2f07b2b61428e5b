// Giving money back on request. What became of it: settlement.hpp; reading refunds: shop_reader.hpp.
#pragma once

#include "commerce/card_rules.hpp"
#include "commerce/points.hpp"
#include "commerce/ports.hpp"
#include "commerce/refund.hpp"
#include "commerce/valid.hpp"

#include <optional>
#include <variant>

namespace outboxd::commerce {

struct RequestRefund {
    PaymentId payment;
    // /amount, 1 to kMostBalance. Empty: all that is left, and all goods that are still out.
    std::optional<core::Money> amount;
    std::string reason; // /reason, 1 to 191 characters
    // /lines, at most 100, only with an amount: goods that come back; several lines of one product count as one.
    std::vector<Pieces> lines;
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems& problems) const;
};

struct PaymentNotFound {
    PaymentId payment;
};
// An authorization, or a payment that did not succeed or is refunded.
struct NotRefundable {
    PaymentMethod method;
    PaymentState state;
};
struct RefundTooLarge {
    core::Money left; // refunds under way count as gone
};
// More of a product than the order holds, less what came back or is on its way.
struct TooManyReturned {
    ProductId product;
    std::int64_t left = 0;
};

using RequestRefundResult = std::variant<Refund, PaymentNotFound, NotRefundable, RefundTooLarge,
                                         TooManyReturned, BalanceLimitReached>;

// A refund of points is done at once. One of a card is pending: the gateway must be asked, outside the transaction; its
// money counts as gone from here on. Locks order, payment, account, stock. A refusal needs the transaction rolled back.
RequestRefundResult requestRefund(Transaction& transaction, const CardRules& rules,
                                  const Valid<RequestRefund>& command);

} // namespace outboxd::commerce
