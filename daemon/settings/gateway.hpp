// Settings of the card gateway.
#pragma once

#include "daemon/settings/callee.hpp"
#include "daemon/settings/duration.hpp"
#include "platform/config/schema.hpp"

#include <string>
#include <vector>

namespace outboxd::daemon {

struct GatewaySettings {
    std::string url; // empty: there is no gateway, and no payment by card
    config::SecretFile apiKeyFile;
    std::string caFile;
    Duration timeout = 3s;
    config::SecretFile webhookSecretFile;
    Duration notFoundAfter = 60s;
    Duration grace = 10s;
    BreakerSettings breaker;
};

// `gateway` must not move and must outlive the schema.
void describeGateway(config::Schema& schema, GatewaySettings& gateway);

// Rules that join several settings of the gateway.
std::vector<config::Mistake> checkGateway(const GatewaySettings& gateway, const config::Schema& schema);

} // namespace outboxd::daemon
