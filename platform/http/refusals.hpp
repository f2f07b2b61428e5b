// Clients over the connection limit: each is told 503 and hung up on, none is dropped in silence. Internal.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/http/byte_stream.hpp"

#include <deque>

namespace outboxd::http {

// Needs no thread of its own: the acceptor calls it. An answered socket is kept until its client has hung up
// or a second has passed, because closing it with unread bytes would reset the connection and lose the
// answer.
class Refusals {
public:
    explicit Refusals(const core::Clock& clock) : clock_(clock) {}

    void refuse(ClientSocket socket);
    // Reads away what came in and closes those that are done. Never blocks.
    void sweep();
    bool empty() const { return waiting_.empty(); }

private:
    struct Waiting {
        ClientSocket socket;
        core::Instant until;
    };

    const core::Clock& clock_;
    std::deque<Waiting> waiting_; // oldest first
};

} // namespace outboxd::http
