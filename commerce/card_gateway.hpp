// The company that charges cards, as the rules see it. Adapter: commerce/gateway.
#pragma once

#include "commerce/model.hpp"

#include <string>

namespace outboxd::commerce {

struct CardCharge {
    std::string key; // ours, unique per payment; the same key again is the same charge
    core::Money amount;
    std::string token; // stands for the card; made by the gateway's form in the client's browser
    OrderId order;     // for the gateway's statements
};

struct CardRefund {
    std::string key;        // ours, unique per refund; the same key again is the same refund
    std::string paymentKey; // of the charge
    core::Money amount;
};

struct GatewayAnswer {
    enum class Outcome {
        succeeded, // money moved, for good
        declined,  // it did not and will not under this key
        pending,   // the gateway is at it: ask again later
        not_found, // the gateway knows no such key (yet: a call may still be on its way)
        unknown, // no answer, or none that can be believed: it may have happened. Ask again under the same key
    };
    Outcome outcome = Outcome::unknown;
    std::string reason; // of declined and unknown, for people; at most 191 bytes
};

// Thread-safe. Called outside transactions only. Never throws: what goes wrong is `unknown`, or, if nothing was sent
// (the circuit breaker is open), too.
class CardGateway {
public:
    virtual ~CardGateway() = default;
    // Not repeated by itself after it may have reached the gateway.
    virtual GatewayAnswer charge(const CardCharge& charge) = 0;
    virtual GatewayAnswer refund(const CardRefund& refund) = 0;
    // What became of a charge or refund. Safe, so it is retried a few times within the time limit.
    virtual GatewayAnswer chargeState(const std::string& key) = 0;
    virtual GatewayAnswer refundState(const std::string& key) = 0;
};

} // namespace outboxd::commerce
