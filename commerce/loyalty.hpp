// Loyalty points: a share of what was paid is given to the payer's account once the payment is told to be complete, and
// taken back with refunds, as far as the account has it. What the events say is in docs/events.md.
#pragma once

#include "commerce/model.hpp"
#include "commerce/unreadable.hpp"
#include "platform/core/event_id.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace outboxd::commerce {

// In hundredths of a percent: 100 is 1 %.
struct LoyaltyRate {
    std::int64_t hundredths = 100;

    // Rounded down. Nothing can overflow: rates are at most 100 %.
    core::Money of(core::Money paid) const;
};

// A payment was completed...
struct PaymentMade {
    PaymentId payment;
    OrderId order;
    UserId user;
    core::Money amount;
};
// ... and money of it went back.
struct PaymentTakenBack {
    RefundId refund;
    PaymentId payment;
    OrderId order;
    UserId user;
    core::Money amount;
    core::Money total; // of the payment, with this refund
};

struct LoyaltyEvent {
    core::EventId id;
    std::variant<PaymentMade, PaymentTakenBack> what;
    std::optional<std::string> traceparent = {}; // well-formed; handed on to the events that follow
};
struct NotLoyal {}; // an event that moves no points

// `type` and `id` as the record's headers say. Strict, as readSale() is. A refund for an order that was never completed
// moves nothing: no points were given.
std::variant<LoyaltyEvent, NotLoyal, Unreadable> readLoyalty(const std::optional<core::EventId>& id,
                                                             std::string_view type,
                                                             const std::optional<std::string>& payload);

// Of the points that were `given` for a payment of `paid`, what goes back when its refunds grow from `before` to `after`.
// What is kept is the share of the money that is kept, rounded down, so all refunds of a payment together take no more than was
// given, and a full one takes everything, whatever the order in which they are worked off.
core::Money pointsBack(core::Money given, core::Money paid, core::Money before, core::Money after);

// Where the points are. Thread-safe.
class LoyaltyLedger {
public:
    virtual ~LoyaltyLedger() = default;
    // Works off each event that was not worked off before, in one transaction: all of them or none, but for those that do
    // not agree with the payments of this shop. For each event, in their order: why it is refused, or nothing, and then its
    // effect is durable. Throws core::Error; when it does not know whether it happened, it may simply be called again.
    virtual std::vector<std::optional<std::string>> add(std::span<const LoyaltyEvent> events) = 0;
};

} // namespace outboxd::commerce
