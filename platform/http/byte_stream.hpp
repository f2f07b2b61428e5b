// The other side of a connection, with deadlines on every wait. Internal to platform/http.
#pragma once

#include "platform/core/clock.hpp"

#include <Poco/Net/StreamSocket.h>
#include <memory>
#include <string>
#include <string_view>

namespace outboxd::http {

enum class Fill { data, closed, timedOut };

// Poco's sockets share their descriptor when copied and cannot be moved. One owner, so that it is known when
// the descriptor is closed.
using ClientSocket = std::unique_ptr<Poco::Net::StreamSocket>;

// Bytes in both directions, whatever carries them. Used by one thread.
class Stream {
public:
    virtual ~Stream() = default;
    // Received and not yet consumed; the reader erases what it has used.
    std::string& received() { return received_; }
    // Waits for more bytes, until `deadline`.
    virtual Fill fill(core::Instant deadline) = 0;
    // False if not all could be sent by `deadline`.
    virtual bool send(std::string_view bytes, core::Instant deadline) = 0;

protected:
    std::string received_;
};

// A socket. Used by the connection's thread, but for the two shutdown functions, which any thread may call while the
// object exists. Errors of the network read as "closed": there is nobody left to tell.
class ByteStream final : public Stream {
public:
    ByteStream(ClientSocket socket, const core::Clock& clock);

    Fill fill(core::Instant deadline) override;
    bool send(std::string_view bytes, core::Instant deadline) override;
    // Tells the peer that all was sent, then reads and forgets until it hangs up or `deadline`: closing a
    // socket with unread data would reset the connection and could destroy the answer on its way.
    void linger(core::Instant deadline);

    void shutdownReceive();
    void shutdownBoth();

    // Gives the socket away; nothing else may be called afterwards.
    ClientSocket release() { return std::move(socket_); }

private:
    ClientSocket socket_;
    const core::Clock& clock_;
};

} // namespace outboxd::http
