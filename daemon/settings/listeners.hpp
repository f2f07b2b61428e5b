// Settings of the listeners that tell others of the shop's events.
#pragma once

#include "daemon/settings/callee.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace outboxd::daemon {

// Of a listener that calls a receiver by HTTP.
struct HttpListenerSettings {
    explicit HttpListenerSettings(Duration longestCall) : timeout(longestCall) {}

    std::string url; // empty: it does not run
    config::SecretFile secretFile;
    std::string caFile;
    Duration timeout;
    std::size_t workers = 8;
    BreakerSettings breaker;
};

struct ListenerSettings {
    HttpListenerSettings notification{500ms};
    HttpListenerSettings dataPlatform{3s};
};

// `listeners` must not move and must outlive the schema.
void describeListeners(config::Schema& schema, ListenerSettings& listeners);

// Rules that join several settings of a listener.
std::vector<config::Mistake> checkListeners(const ListenerSettings& listeners, const config::Schema& schema);

} // namespace outboxd::daemon
