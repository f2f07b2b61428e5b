// A strict HTTP/1.1 server: sockets and threads are Poco's, the framing is ours (docs/decisions/0003).
//
// One thread per connection, made on demand and given back after a minute without work; an idle connection
// costs a sleeping thread (about 20 KB). Every wait has a total deadline, so no client can hold a thread by
// sending slowly. Every request is answered or its connection is closed; a body is always read whole or the
// connection is closed, so that no byte of it is ever taken for the next request.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/logger.hpp"
#include "platform/core/service.hpp"
#include "platform/http/head.hpp"
#include "platform/http/message.hpp"
#include "platform/http/observer.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace outboxd::http {

struct ServerSettings {
    std::string name = "http";      // of the service, in logs
    std::string setting = "http";   // prefix of the settings that an error message names
    std::string host = "127.0.0.1"; // numeric address or name; "::" for all, both families
    std::uint16_t port = 0;         // 0: any free one, see Server::port()
    int maxConnections = 1'000;     // more are answered 503 and closed
    HeadLimits head = {};
    std::size_t maxBodyBytes = 64 * 1024;
    std::chrono::milliseconds idleTimeout{60'000}; // between two requests of a connection
    std::chrono::milliseconds headerTimeout{
        10'000};                                   // from the first byte of a request to the end of its head
    std::chrono::milliseconds bodyTimeout{20'000}; // for the whole body
    std::chrono::milliseconds requestTimeout{30'000}; // Request::deadline; the handler keeps to it by itself
    std::chrono::milliseconds sendTimeout{20'000};    // for the whole answer
    std::chrono::milliseconds drainTimeout{10'000};   // stop(): how long running requests may go on
    core::LogLevel accessLog = core::LogLevel::debug; // level of the one line per request
};

class Server final : public core::Service {
public:
    // All references must outlive the server; `observer` may be null. `handler` is called by many threads.
    Server(ServerSettings settings, Handler& handler, const core::Clock& clock, core::Logger& logger,
           Observer* observer = nullptr);
    ~Server() override;

    std::string_view name() const override;
    // Throws Error(misconfigured) if the address cannot be bound; the hint names the setting.
    void start() override;
    // Drains: accepts nothing more, closes idle connections, lets running requests finish with "Connection:
    // close", cuts after drainTimeout what is still reading or sending, and returns when the last handler has
    // returned.
    void stop() override;

    // The port that is really bound; 0 before start() and after stop().
    std::uint16_t port() const;
    // For metrics: connections now open, and how many were answered 503 at the limit since construction.
    std::size_t connections() const;
    std::uint64_t refusedConnections() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace outboxd::http
