// Calls one other server, each within one time limit.
//
// Every call has a connection of its own. A kept one may have been closed by the server a moment ago, and then nobody
// knows whether the request was taken; with a fresh one "not connected" is a certain answer. The limit spans resolving,
// connecting, TLS, sending and receiving, so a server that trickles cannot hold a thread. Redirects are answers like any
// other. Sockets are Poco's, the framing is ours (docs/decisions/0003), as strict as the server's.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/error.hpp"
#include "platform/http/endpoint.hpp"
#include "platform/http/head.hpp"
#include "platform/http/message.hpp"

#include <memory>
#include <string>
#include <variant>

namespace outboxd::http {

struct ClientSettings {
    Endpoint endpoint;
    std::string caFile; // PEM; empty: the system's authorities
    HeadLimits head = {};
    std::size_t maxBodyBytes = 64 * 1024; // of an answer
};

struct ClientRequest {
    std::string method = "GET";
    std::string path; // begins with '/', percent-encoded; follows the endpoint's prefix
    Headers headers;  // beside Host, Content-Length, User-Agent and Connection
    std::string body;
};

struct ClientReply {
    int status = 0;
    Headers headers;
    std::string body; // complete
};

// No answer, or none that can be read.
struct NoReply {
    enum class Sent {
        nothing, // not a byte of the request: the server has surely not done it
        maybe,   // it may have been done
    };
    Sent sent = Sent::maybe;
    // unavailable: not reached or hung up; timeout; invalid_data: the answer breaks HTTP or the limits;
    // misconfigured: its certificate is not accepted.
    core::ErrorKind kind = core::ErrorKind::unavailable;
    std::string why; // one sentence
};

// Thread-safe.
class Client {
public:
    // Connects to nothing. Throws core::Error(misconfigured) if the trusted certificates cannot be read. `clock` must
    // outlive the client.
    Client(ClientSettings settings, const core::Clock& clock);
    ~Client();

    // Throws core::Error(internal) only: for a request that would not be HTTP, and if memory or TLS gives out.
    std::variant<ClientReply, NoReply> call(const ClientRequest& request, core::Instant deadline);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace outboxd::http
