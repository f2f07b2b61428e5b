// Paying by card: begin (a transaction), ask the gateway (outside), settle (a transaction). Whoever dies in between leaves
// a payment or refund without an answer, which payment_recovery.hpp finishes.
#pragma once

#include "commerce/payment_watch.hpp"
#include "commerce/payments.hpp"
#include "commerce/refund.hpp"
#include "commerce/settlement.hpp"
#include "commerce/unit_of_work.hpp"

#include <variant>

namespace outboxd::commerce {

struct PayByCard {
    OrderId order;
    UserId user;                            // who pays; must be the order's owner
    std::string token;                      // /cardToken, 1 to 255 visible ASCII characters; never stored
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems& problems) const;
};

using BeginCardPaymentResult = std::variant<Payment, OrderNotFound, WrongState, OrderExpired>;

// The order is being paid and the payment pending; an order that costs nothing is paid without the gateway. A refusal
// needs the transaction rolled back.
BeginCardPaymentResult beginCardPayment(Transaction& transaction, const CardRules& rules,
                                        const Valid<PayByCard>& command);

// What the gateway tells on its own.
struct GatewayNews {
    enum class Kind { charge, refund };
    std::string id;  // of this message, the same if it is delivered again; 1 to 128 visible ASCII characters
    std::string key; // /key, of the payment or refund; 1 to 64 visible ASCII characters
    Kind kind = Kind::charge;
    bool succeeded = false; // else declined
    core::Money amount;     // /amount
    std::string reason;     // /reason, at most 191 bytes
    std::optional<std::string> traceparent;

    void check(Problems& problems) const;
};

struct NewsTaken {};
struct NewsKnown {}; // the same message was taken in before
struct UnknownGatewayKey {};
struct AmountMismatch {
    core::Money ours;
    core::Money theirs;
};
using TakeNewsResult = std::variant<NewsTaken, NewsKnown, UnknownGatewayKey, AmountMismatch>;

// Thread-safe. Everything given must outlive it.
class CardPayments {
public:
    CardPayments(UnitOfWork& unitOfWork, CardGateway& gateway, PaymentWatch& watch, const core::Clock& clock,
                 const CardRules& rules)
        : unitOfWork_(unitOfWork), gateway_(gateway), watch_(watch), clock_(clock), rules_(rules) {}

    const CardRules& rules() const { return rules_; }

    // After begin...() or requestRefund() was committed; returns what is known then. Repeating it is harmless. Never
    // throws core::Error: an answer that cannot be written down is left to the recovery, as is everything if so much
    // time passed that the recovery may be at it.
    Settlement charge(const Payment& begun, const std::string& token,
                      const std::optional<std::string>& traceparent);
    Refund refund(const Refund& begun, const std::optional<std::string>& traceparent);

    // Throws core::Error: the gateway shall deliver it again.
    TakeNewsResult take(const Valid<GatewayNews>& news);

private:
    UnitOfWork& unitOfWork_;
    CardGateway& gateway_;
    PaymentWatch& watch_;
    const core::Clock& clock_;
    const CardRules rules_;
};

} // namespace outboxd::commerce
