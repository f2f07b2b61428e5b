// What the rules about payments need of the place where their rows live; see ports.hpp.
#pragma once

#include "commerce/model.hpp"

#include <optional>
#include <string>
#include <vector>

namespace outboxd::commerce {

class Payments {
public:
    virtual ~Payments() = default;
    // `payment.id` is ignored. Throws core::Error if the order has a live payment already.
    virtual PaymentId add(const Payment& payment) = 0;
    // As committed when the call ran, without lock. What it belongs to never changes.
    virtual std::optional<Payment> find(PaymentId id) = 0;
    virtual std::optional<PaymentId> byGatewayKey(const std::string& key) = 0;
    // Locks the payment until the end of the transaction; the caller has locked its order. Empty if there is none.
    virtual std::optional<Payment> lock(PaymentId id) = 0;
    // Compare and set: false if the payment is not in `from`, and then nothing changes. Sets `reason` and
    // `nextInquiryAt` as given.
    virtual bool move(PaymentId id, PaymentState from, PaymentState to,
                      const std::optional<std::string>& reason,
                      std::optional<core::Timestamp> nextInquiryAt) = 0;
    // The gateway was asked in vain.
    virtual void inquireAgain(PaymentId id, core::Timestamp at) = 0;
    // Those without an answer whose inquiry is due, the longest waiting first, at most `limit`; without lock.
    virtual std::vector<PaymentId> due(core::Timestamp now, int limit) = 0;
    // Counts `amount` as refunded; false, and nothing changes, if that is more than is left. Locks the payment.
    virtual bool reserveRefund(PaymentId id, core::Money amount) = 0;
    virtual void takeBackReservation(PaymentId id, core::Money amount) = 0;
};

} // namespace outboxd::commerce
