#include "platform/http/byte_stream.hpp"

#include <Poco/Exception.h>
#include <Poco/Timespan.h>
#include <algorithm>
#include <array>
#include <sys/socket.h>

namespace outboxd::http {

namespace {

constexpr std::size_t kChunk = 8 * 1024;

// Never zero, so that a wait which has time left does not turn into a spin.
Poco::Timespan remaining(const core::Clock& clock, core::Instant deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - clock.now()).count();
    return Poco::Timespan(std::max<Poco::Timespan::TimeDiff>(left, 1'000));
}

} // namespace

ByteStream::ByteStream(ClientSocket socket, const core::Clock& clock)
    : socket_(std::move(socket)), clock_(clock) {
    socket_->setBlocking(false);
    socket_->setNoDelay(true);
}

Fill ByteStream::fill(core::Instant deadline) {
    std::array<char, kChunk> chunk; // NOLINT: filled by the socket
    try {
        while (clock_.now() < deadline) {
            if (!socket_->poll(remaining(clock_, deadline), Poco::Net::Socket::SELECT_READ)) continue;
            const int count = socket_->receiveBytes(chunk.data(), static_cast<int>(chunk.size()));
            if (count == 0) return Fill::closed;
            if (count < 0) continue;
            // A burst's memory is not kept while the connection idles.
            if (received_.empty() && received_.capacity() > 2 * kChunk) std::string{}.swap(received_);
            received_.append(chunk.data(), static_cast<std::size_t>(count));
            return Fill::data;
        }
        return Fill::timedOut;
    } catch (const Poco::Exception&) {
        return Fill::closed;
    }
}

bool ByteStream::send(std::string_view bytes, core::Instant deadline) {
    try {
        while (!bytes.empty()) {
            const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
            const int sent = socket_->sendBytes(bytes.data(), size, MSG_NOSIGNAL);
            if (sent > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(sent));
                continue;
            }
            if (clock_.now() >= deadline) return false;
            socket_->poll(remaining(clock_, deadline), Poco::Net::Socket::SELECT_WRITE);
        }
        return true;
    } catch (const Poco::Exception&) {
        return false;
    }
}

void ByteStream::linger(core::Instant deadline) {
    try {
        socket_->shutdownSend();
        do {
            received_.clear();
        } while (fill(deadline) == Fill::data);
    } catch (const Poco::Exception&) {
        return; // the peer has gone: there is no answer left to protect
    }
}

void ByteStream::shutdownReceive() {
    try {
        socket_->shutdownReceive();
    } catch (const Poco::Exception&) {
        return; // not connected any more
    }
}

void ByteStream::shutdownBoth() {
    try {
        socket_->shutdown();
    } catch (const Poco::Exception&) {
        return; // not connected any more
    }
}

} // namespace outboxd::http
