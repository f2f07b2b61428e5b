// What the rules about refunds need of the place where their rows live; see ports.hpp.
#pragma once

#include "commerce/refund.hpp"

#include <optional>
#include <string>
#include <vector>

namespace outboxd::commerce {

class Refunds {
public:
    virtual ~Refunds() = default;
    // With its lines. `refund.id` is ignored.
    virtual RefundId add(const Refund& refund) = 0;
    // With its lines; as committed when the call ran, without lock. What it belongs to never changes.
    virtual std::optional<Refund> find(RefundId id) = 0;
    virtual std::optional<RefundId> byGatewayKey(const std::string& key) = 0;
    // With its lines. Locks it until the end of the transaction; the caller has locked its payment.
    virtual std::optional<Refund> lock(RefundId id) = 0;
    // Compare and set: false if it is not in `from`, and then nothing changes. Sets `failure` and `nextAttemptAt`
    // as given.
    virtual bool move(RefundId id, RefundState from, RefundState to,
                      const std::optional<std::string>& failure,
                      std::optional<core::Timestamp> nextAttemptAt) = 0;
    // The gateway was asked in vain.
    virtual void attemptAgain(RefundId id, core::Timestamp at) = 0;
    // Those without an answer that are due, the longest waiting first, at most `limit`; without lock.
    virtual std::vector<RefundId> due(core::Timestamp now, int limit) = 0;
    // What of a payment's goods came back or is on its way, by product id. The caller has locked the payment.
    virtual std::vector<Pieces> returned(PaymentId payment) = 0;
    // Whether the payment must be given back whatever its state: there is one with origin compensation.
    virtual bool owed(PaymentId payment) = 0;
    // The sum of those that succeeded. The caller has locked the payment.
    virtual core::Money succeeded(PaymentId payment) = 0;
};

// The gateway's callbacks that were taken in.
class GatewayCallbacks {
public:
    virtual ~GatewayCallbacks() = default;
    // False if it was taken in before. May wait for another transaction that takes the same one in. `id`: 1 to 128
    // visible ASCII characters; `key`: 1 to 64.
    virtual bool add(const std::string& id, const std::string& key, const std::string& outcome) = 0;
};

} // namespace outboxd::commerce
