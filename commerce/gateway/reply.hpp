// Reads what the gateway answered, as docs/gateway.md says. Pure. Internal to commerce/gateway.
#pragma once

#include "commerce/card_gateway.hpp"
#include "platform/core/text.hpp"
#include "platform/http/client.hpp"

#include <optional>
#include <string>

namespace outboxd::commerce::gateway {

// What was asked, as far as the answer must repeat it.
struct Asked {
    std::string key;
    std::optional<core::Money> amount; // of a charge or refund; empty: its state was asked for
};

struct Reading {
    GatewayAnswer answer;
    // The gateway answered as agreed, whatever it said. Else the answer is unknown.
    bool sound = false;
    // It could not at this moment (5xx, 429): the same question may be answered soon.
    bool busy = false;
};

Reading readReply(const http::ClientReply& reply, const Asked& asked);

inline GatewayAnswer unknown(std::string_view reason) {
    return {GatewayAnswer::Outcome::unknown, core::shortened(reason, 191)};
}

} // namespace outboxd::commerce::gateway
