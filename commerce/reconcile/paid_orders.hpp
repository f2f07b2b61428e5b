// Orders and their payments, put right where the shop's own rules have one answer; everything else is a person's.
#pragma once

#include "commerce/card_rules.hpp"
#include "commerce/ports.hpp"
#include "commerce/reconcile/mending.hpp"

#include <functional>

namespace outboxd::commerce::reconcile {

// What the order's payment says of an order that has not ended:
//  - it succeeded, for the whole price: the order is complete, with its event unless `told` says that this was sent before;
//  - it is under way: the order is being paid;
//  - there is none, and the order is being paid: it waits again, or, if that was wanted, is cancelled and gives back what it
//    holds.
// `live`: the payment that counts for the order, if there is one. Locks order, payment, then what is given back. `told` is called
// under the order's lock. What is not mended needs the transaction rolled back.
Mending mendOrder(Transaction& transaction, OrderId order, std::optional<PaymentId> live,
                  const std::function<bool()>& told);

// What was paid for an order that ended unpaid goes back, once: points at once, money by the recovery.
Mending refundEnded(Transaction& transaction, const CardRules& rules, PaymentId payment);

} // namespace outboxd::commerce::reconcile
