// Finishes what was left between the shop and the gateway: calls whose maker died, answers that never came, refunds that
// are owed.
#pragma once

#include "commerce/card_gateway.hpp"
#include "commerce/card_rules.hpp"
#include "commerce/payment_watch.hpp"
#include "commerce/unit_of_work.hpp"

#include <functional>

namespace outboxd::commerce {

// Runs on one thread. Two at once do no harm: every call is repeatable under its key, and every answer settles once.
class PaymentRecovery {
public:
    // All must outlive it.
    PaymentRecovery(UnitOfWork& unitOfWork, CardGateway& gateway, PaymentWatch& watch, const CardRules& rules)
        : unitOfWork_(unitOfWork), gateway_(gateway), watch_(watch), rules_(rules) {}

    // Asks the gateway about each payment and refund that is due, at most `limit` of each; `goOn` is looked at before
    // each. A payment that is still pending becomes unknown first. Returns how many were asked about. Throws
    // core::Error: at once if nothing can go on, at the end if single ones cannot; what was settled stays settled.
    int round(int limit, const std::function<bool()>& goOn);

private:
    void recover(PaymentId id);
    void recover(RefundId id);

    UnitOfWork& unitOfWork_;
    CardGateway& gateway_;
    PaymentWatch& watch_;
    const CardRules rules_;
};

} // namespace outboxd::commerce
