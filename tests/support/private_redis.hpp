// A real Redis of a test's own, and how to reach it.
#pragma once

#include "platform/redis/client.hpp"
#include "tests/support/private_server.hpp"

#include <string>

namespace outboxd::testing {

inline redis::Settings settingsOf(const PrivateServer& server) {
    redis::Settings settings;
    const auto address = server.address();
    settings.port = std::stoi(address.substr(address.rfind(':') + 1));
    settings.timeout = std::chrono::milliseconds{500};
    return settings;
}

// A fixture.
struct PrivateRedis {
    PrivateServer server{"redis"};
    redis::Settings settings = settingsOf(server);
};

} // namespace outboxd::testing
