// Ending orders that were not paid.
#pragma once

#include "commerce/payments.hpp"
#include "commerce/unit_of_work.hpp"

#include <functional>
#include <variant>

namespace outboxd::commerce {

struct CancelOrder {
    OrderId order;
    UserId user;                            // who cancels; the order of another user is not found
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems&) const {}
};

// The order as it is now: cancelled, all it held given back, and the event OrderCancelled; or still being paid, with
// cancelRequested, and cancelled once the answer about its payment is known.
using CancelOrderResult = std::variant<Order, OrderNotFound, WrongState>;
CancelOrderResult cancelOrder(Transaction& transaction, const Valid<CancelOrder>& command);

struct ExpiryRound {
    int seen = 0; // orders that were overdue when the round began, at most `most`
    int expired =
        0; // the others were paid or cancelled meanwhile, or somebody works on them: the next round's
};
// Looks for at most `most` waiting orders whose time is over and ends each in a transaction of its own: expired, all it
// held given back, and the event OrderExpired. Waits for nobody who pays or cancels. One that cannot be ended does not
// keep the others; what went wrong with the first such is thrown at the end. `stop` is asked between orders.
ExpiryRound expireOrders(UnitOfWork& unitOfWork, int most, const std::function<bool()>& stop);

} // namespace outboxd::commerce
