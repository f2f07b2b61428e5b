// One client's connection, from its first byte to its close. Internal to platform/http.
#pragma once

#include "platform/http/body.hpp"
#include "platform/http/byte_stream.hpp"
#include "platform/http/server.hpp"

#include <atomic>
#include <string>

namespace outboxd::http {

// What all connections of a server share; outlives them.
struct ConnectionContext {
    const ServerSettings& settings;
    Handler& handler;
    const core::Clock& clock;
    core::Logger& logger;
    Observer* observer; // may be null
    std::atomic<bool> draining{false};
};

class Connection {
public:
    Connection(ClientSocket socket, std::string clientAddress, ConnectionContext& context);

    // Serves requests until either side has had enough. Throws nothing.
    void run() noexcept;

    // Any thread. After context.draining was set: wakes the connection if it waits for a request.
    void closeIfIdle();
    // Any thread. Ends whatever the connection is reading or sending.
    void cut() { stream_.shutdownBoth(); }
    // Instead of run(): takes the socket back.
    ClientSocket release() { return stream_.release(); }

private:
    enum class Next { request, close, linger };

    Next serveOne();
    // Waits for a whole head. True: `headEnd_` is its length.
    bool awaitHead(Next& next);
    Next refuse(const Problem& problem);
    Next answer(Request& request, const BodyFraming& framing, int minorVersion);
    Response handled(const Request& request);
    void logAccess(const Request& request, const Response& response, std::chrono::microseconds duration);

    ByteStream stream_;
    const std::string clientAddress_;
    ConnectionContext& context_;
    std::atomic<bool> idle_{false};
    std::size_t headEnd_ = 0;
    // Of the request that is being read, for the edge's own answers.
    std::string method_;
    std::string rawPath_;
    std::string requestId_;
    std::string traceparent_;
};

} // namespace outboxd::http
