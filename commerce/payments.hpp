// Paying an order by points, and taking in payment authorizations.
#pragma once

#include "commerce/model.hpp"
#include "commerce/ports.hpp"
#include "commerce/valid.hpp"

#include <variant>

namespace outboxd::commerce {

struct PayOrder {
    OrderId order;
    UserId user;                            // who pays; must be the order's owner
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems& problems) const;
};

struct Paid {
    Payment payment;
    core::Timestamp completedAt;
    core::Money balance; // of the account afterwards
};
// Also of an order that another user placed.
struct OrderNotFound {
    OrderId order;
};
struct WrongState {
    OrderState state; // complete (already paid), paying or cancelled
};
struct OrderExpired {
    core::Timestamp expiresAt;
};
struct InsufficientPoints {
    core::Money balance;
    core::Money needed;
};

using PayOrderResult = std::variant<Paid, OrderNotFound, WrongState, OrderExpired, InsufficientPoints>;

// Order complete, payment, balance, history row and the event PaymentCompleted. Locks the order, then the
// account. A refusal needs the transaction rolled back: rows may have been written.
PayOrderResult payOrder(Transaction& transaction, const Valid<PayOrder>& command);

// Locks the order; it waits for its payment and has not expired. For what pays it.
std::variant<Order, OrderNotFound, WrongState, OrderExpired> lockPayable(Transaction& transaction,
                                                                         OrderId order, UserId payer);

struct Authorize {
    std::string merchant;                   // /merchant, 1 to 64 characters
    core::Money amount;                     // /amount, 1 to 10^15
    std::string currency;                   // /currency, three capital letters (ISO 4217)
    std::string reference;                  // /reference, 1 to 128 characters: the merchant's own
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems& problems) const;
};

// The payment that the command asks for, not stored and without an id yet.
Payment newAuthorization(const core::Clock& clock, const Valid<Authorize>& command);

// The payment and the event PaymentAuthorized. Locks nothing that another request could want.
Payment authorize(Transaction& transaction, const Valid<Authorize>& command);

} // namespace outboxd::commerce
