#include "daemon/settings/listeners.hpp"

#include "platform/core/error.hpp"
#include "platform/http/webhook.hpp"

#include <fmt/format.h>

namespace outboxd::daemon {
namespace {

using config::duration;
using config::integer;
using config::path;
using config::secretFile;
using config::text;
using enum config::Reload;

void describeReceiver(config::Schema& schema, HttpListenerSettings& listener) {
    schema.add(
        "url", text(listener.url, 0, 500), restart,
        "Where each event is posted, https unless it is on this machine; empty: nobody is told, and events that come "
        "meanwhile wait in Kafka.");
    schema.add(
        "secret_file", secretFile(listener.secretFile), live,
        "File with the secret that calls are signed with; while it is changed several lines, the first of which signs. "
        "A reload reads it again.");
    schema.add(
        "ca_file", path(listener.caFile), restart,
        "File with the certificates (PEM) that vouch for the receiver; empty: those that the system trusts.");
    schema.add(
        "timeout", duration(listener.timeout, 50ms, 10s), restart,
        "Longest time for one call with everything that belongs to it; after that it counts as failed.");
    schema.add("workers", integer(listener.workers, 1, 64, "calls"), restart,
               "Calls at a time, of different order keys, on each node.");
    describeBreaker(schema, listener.breaker);
}

void checkReceiver(std::vector<config::Mistake>& mistakes, const HttpListenerSettings& listener,
                   const config::Schema& schema, const std::string& section) {
    const auto secretSetting = section + ".secret_file";
    bool hasSecret = false;
    try {
        hasSecret = !http::parseWebhookSecrets(listener.secretFile.value.reveal()).empty();
    } catch (const core::Error& error) {
        mistakes.push_back(schema.mistake(secretSetting, fmt::format("{}; {}", error.what(), error.hint())));
        return;
    }
    if (listener.url.empty()) return;
    if (auto mistake = checkUrl(schema, section + ".url", listener.url, "what customers bought"))
        mistakes.push_back(std::move(*mistake));
    if (!hasSecret) mistakes.push_back(schema.mistake(secretSetting, "is needed with " + section + ".url"));
}

} // namespace

void describeListeners(config::Schema& schema, ListenerSettings& listeners) {
    schema.section(
        "notification",
        "The service that tells customers what became of their orders; docs/listeners.md says how it is called.");
    describeReceiver(schema, listeners.notification);
    schema.section(
        "data_platform",
        "The data platform, which is told of orders that were paid and of refunds; called in the same way.");
    describeReceiver(schema, listeners.dataPlatform);
}

std::vector<config::Mistake> checkListeners(const ListenerSettings& listeners, const config::Schema& schema) {
    std::vector<config::Mistake> mistakes;
    checkReceiver(mistakes, listeners.notification, schema, "notification");
    checkReceiver(mistakes, listeners.dataPlatform, schema, "data_platform");
    return mistakes;
}

} // namespace outboxd::daemon
