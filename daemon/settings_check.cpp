#include "daemon/settings.hpp"

#include "platform/core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <unistd.h>

namespace outboxd::daemon {
std::vector<config::Mistake> checkTogether(const Settings& settings, const config::Schema& schema) {
    using config::formatDuration;
    std::vector<config::Mistake> mistakes;
    const auto& relay = settings.relay;
    if (relay.renewEvery * 2 >= relay.lease) {
        mistakes.push_back(schema.mistake(
            "relay.renew_every",
            fmt::format("{} is not less than half of relay.lease ({}); one late renewal would lose the lane",
                        formatDuration(relay.renewEvery), formatDuration(relay.lease))));
    }
    if (relay.maxEventBytes > relay.maxInFlightBytes) {
        mistakes.push_back(schema.mistake("relay.max_event_bytes", "is more than relay.max_in_flight_bytes"));
    }
    if (relay.singleLock.starts_with("outbox-lane-")) {
        mistakes.push_back(
            schema.mistake("relay.single_lock", "names beginning with outbox-lane- are the lanes' own"));
    }
    if (settings.http.port != 0 && settings.http.port == settings.admin.port) {
        mistakes.push_back(
            schema.mistake("admin.port", fmt::format("{} is http.port already", settings.admin.port)));
    }
    for (auto& mistake : checkEdges(settings, schema)) mistakes.push_back(std::move(mistake));
    for (auto& mistake : checkKafka(settings.kafka, schema)) mistakes.push_back(std::move(mistake));
    for (auto& mistake : checkGateway(settings.gateway, schema)) mistakes.push_back(std::move(mistake));
    for (auto& mistake : checkListeners(settings.listeners, schema)) mistakes.push_back(std::move(mistake));
    return mistakes;
}

std::string nodeName(const Settings& settings) {
    if (!settings.node.name.empty()) return settings.node.name;
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') {
        throw core::Error(core::ErrorKind::misconfigured, "this machine has no host name", "set node.name");
    }
    return std::string{host.data()}.substr(0, 64);
}

} // namespace outboxd::daemon
