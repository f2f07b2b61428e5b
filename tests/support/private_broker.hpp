// A real broker of a test program's own, for all its cases: a global fixture.
#pragma once

#include "tests/support/private_server.hpp"

#include <optional>

namespace outboxd::testing {

struct PrivateBroker {
    PrivateBroker() { server.emplace("kafka"); }
    ~PrivateBroker() { server.reset(); }
    static inline std::optional<PrivateServer> server;
};

} // namespace outboxd::testing
