// Names to addresses, with a deadline. Internal to platform/http.
#pragma once

#include "platform/core/clock.hpp"

#include <Poco/Net/SocketAddress.h>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace outboxd::http {

struct NotResolved {
    bool timedOut = false;
    std::string why;
};

// For one host and port. Thread-safe. The system's own resolver may take half a minute and cannot be interrupted; so it
// runs in the background, at most one lookup at a time, which all callers share.
class Resolver {
public:
    Resolver(std::string host, std::uint16_t port, const core::Clock& clock);
    // Waits for a lookup that nobody waits for any more: at most the system resolver's own time limit.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // In the order of preference; never empty. Nothing is kept: each call asks, unless a lookup is under way.
    std::variant<std::vector<Poco::Net::SocketAddress>, NotResolved> resolve(core::Instant deadline);

private:
    struct Lookup;
    std::shared_ptr<Lookup> current();

    const std::string host_;
    const std::string port_;
    const core::Clock& clock_;
    std::mutex mutex_;
    std::shared_ptr<Lookup> lookup_; // guarded by mutex_; not destroyed before it has ended
};

} // namespace outboxd::http
