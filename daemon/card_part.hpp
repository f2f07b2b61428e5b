// Payments by card on a node, put together.
#pragma once

#include "commerce/card_gateway.hpp"
#include "commerce/card_rules.hpp"
#include "daemon/gateway_part.hpp"
#include "daemon/payment_metrics.hpp"

#include <functional>

namespace outboxd::daemon {

struct CardPart {
    // `from`: null if there is no gateway; it, `registry` and `logger` must outlive the part.
    CardPart(const Settings& settings, GatewayPart* from, metrics::Registry& registry, core::Logger& logger)
        : watch(registry, logger), gateway(from ? &from->gateway() : nullptr) {
        rules.gatewayTimeout = settings.gateway.timeout;
        rules.grace = settings.gateway.grace;
        rules.notFoundAfter = settings.gateway.notFoundAfter;
        if (from) genuineNews = [from](const http::Request& request) { return from->genuine(request); };
    }

    PaymentMetrics watch; // of all payments, also without a gateway
    commerce::CardRules rules;
    commerce::CardGateway* gateway; // null: cards are not taken
    // Whether a callback is the gateway's; empty: none is.
    std::function<bool(const http::Request&)> genuineNews;
};

} // namespace outboxd::daemon
