#include "daemon/settings/gateway.hpp"

#include "platform/core/error.hpp"
#include "platform/http/webhook.hpp"

#include <fmt/format.h>

namespace outboxd::daemon {

using config::duration;
using config::path;
using config::secretFile;
using config::text;
using enum config::Reload;

void describeGateway(config::Schema& schema, GatewaySettings& gateway) {
    schema.section("gateway", "The company that charges cards; docs/gateway.md says how it is spoken to.");
    schema.add("url", text(gateway.url, 0, 500), restart,
               "Its address, https unless it is on this machine; empty: payments by card are refused.");
    schema.add("api_key_file", secretFile(gateway.apiKeyFile), restart,
               "File with the key that it knows us by.");
    schema.add("ca_file", path(gateway.caFile), restart,
               "File with the certificates (PEM) that vouch for it; empty: those that the system trusts.");
    schema.add(
        "timeout", duration(gateway.timeout, 100ms, 1min), restart,
        "Longest time for one operation with all its tries; after that its outcome is unknown and the recovery asks.");
    schema.add(
        "webhook_secret_file", secretFile(gateway.webhookSecretFile), live,
        "File with the secret that its callbacks are signed with, several lines while it is changed; empty: callbacks "
        "are refused. A reload reads it again.");
    schema.add(
        "not_found_after", duration(gateway.notFoundAfter, 1s, 24h), restart,
        "How long after a call the gateway may still not know its key; `not found` counts as declined only then. "
        "Too short, and a charge that arrives late is taken for one that never did.");
    schema.add(
        "grace", duration(gateway.grace, 1s, 1h), restart,
        "How much longer than `gateway.timeout` a payment may wait for its answer before the recovery asks.");
    describeBreaker(schema, gateway.breaker);
}

std::vector<config::Mistake> checkGateway(const GatewaySettings& gateway, const config::Schema& schema) {
    std::vector<config::Mistake> mistakes;
    try {
        http::parseWebhookSecrets(gateway.webhookSecretFile.value.reveal());
    } catch (const core::Error& error) {
        mistakes.push_back(
            schema.mistake("gateway.webhook_secret_file", fmt::format("{}; {}", error.what(), error.hint())));
    }
    if (gateway.url.empty()) return mistakes;
    if (auto mistake = checkUrl(schema, "gateway.url", gateway.url, "card tokens and the API key"))
        mistakes.push_back(std::move(*mistake));
    if (gateway.apiKeyFile.value.empty())
        mistakes.push_back(schema.mistake("gateway.api_key_file", "is needed with gateway.url"));
    return mistakes;
}

} // namespace outboxd::daemon
