// Settings of the two ports: who may come in, and how much of everything.
#pragma once

#include "daemon/settings/duration.hpp"
#include "platform/config/schema.hpp"

#include <cstdint>
#include <string>

namespace outboxd::daemon {

struct EdgeSettings {
    struct Http {
        std::string host = "127.0.0.1";
        std::uint16_t port = 8080;
        int maxConnections = 1100;
        Duration idleTimeout = 60s;
        Duration requestTimeout = 30s;
        config::ByteSize maxBody = config::kibibytes(64);
    } http;

    struct Admin {
        std::string host = "127.0.0.1";
        std::uint16_t port = 8081;
    } admin;
};

// `edges` must not move and must outlive the schema.
void describeEdges(config::Schema& schema, EdgeSettings& edges);

} // namespace outboxd::daemon
