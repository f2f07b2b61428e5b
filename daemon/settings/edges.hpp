// Settings of the two ports: who may come in, and how much of everything.
#pragma once

#include "daemon/settings/duration.hpp"
#include "platform/config/schema.hpp"
#include "platform/security/jwt_key.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace outboxd::daemon {

enum class AuthMode { none, api_key, jwt };

struct EdgeSettings {
    struct Http {
        std::string host = "127.0.0.1";
        std::uint16_t port = 8080;
        int maxConnections = 1100;
        Duration idleTimeout = 60s;
        Duration requestTimeout = 30s;
        config::ByteSize maxBody = config::kibibytes(64);
    } http;

    struct Auth {
        std::set<AuthMode> mode{AuthMode::none};
        config::SecretFile apiKeysFile;
        config::SecretFile adminTokenFile;
    } auth;

    struct Jwt {
        security::JwtAlgorithm algorithm = security::JwtAlgorithm::rs256;
        config::SecretFile keyFile;
        std::string issuer;
        std::string audience;
        Duration leeway = 30s;
        std::string userClaim = "sub";
    } jwt;

    struct RateLimit {
        int requestsPerSecond = 0; // 0: none
        int burst = 100;
    } rateLimit;

    struct Admin {
        std::string host = "127.0.0.1";
        std::uint16_t port = 8081;
        config::SecretFile tokenFile;
    } admin;
};

// Rules that join several of them.
std::vector<config::Mistake> checkEdges(const EdgeSettings& edges, const config::Schema& schema);

// `edges` must not move and must outlive the schema.
void describeEdges(config::Schema& schema, EdgeSettings& edges);

} // namespace outboxd::daemon
