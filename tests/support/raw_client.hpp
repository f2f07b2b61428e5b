// A TCP client that sends exactly the bytes it is given: what a well-behaved HTTP library would refuse to
// send.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace outboxd::testing {

struct RawReply {
    int status = 0;   // 0: the server hung up instead of answering
    std::string head; // status line and fields
    std::string body;

    // The value of the first field of that name (as the server spells it), or "".
    std::string field(std::string_view name) const {
        const auto at = head.find("\r\n" + std::string{name} + ": ");
        if (at == std::string::npos) return {};
        const auto from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
    bool has(std::string_view text) const { return body.find(text) != std::string::npos; }
};

class RawClient {
public:
    // Connects to 127.0.0.1. A read that gets nothing for 30 s counts as a hang: it throws.
    explicit RawClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval guard{30, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            close(fd_);
            throw std::runtime_error("cannot connect");
        }
    }
    ~RawClient() {
        if (fd_ >= 0) close(fd_);
    }
    RawClient(RawClient&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
    RawClient& operator=(RawClient&&) = delete;

    // False if the server has closed already.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    void finishSending() { shutdown(fd_, SHUT_WR); }

    // One reply with its Content-Length. `withoutBody` for replies to HEAD.
    RawReply reply(bool withoutBody = false) {
        RawReply result;
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!more()) return result;
        result.head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        result.status = std::stoi(result.head.substr(9, 3));
        const auto length = result.field("Content-Length");
        const std::size_t size = withoutBody || length.empty() ? 0 : std::stoul(length);
        while (buffer_.size() < size)
            if (!more()) throw std::runtime_error("the reply ended too early");
        result.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return result;
    }
    RawReply ask(std::string_view bytes) {
        send(bytes);
        return reply();
    }
    // Waits for an answer or the end of the connection.
    bool readableWithin(std::chrono::milliseconds time) {
        pollfd wait{fd_, POLLIN, 0};
        return !buffer_.empty() || poll(&wait, 1, static_cast<int>(time.count())) > 0;
    }
    // Everything that still comes until the server closes; returns only when it has closed.
    std::string rest() {
        while (more()) {
        }
        return std::exchange(buffer_, {});
    }

private:
    bool more() {
        char chunk[4096];
        const auto count = recv(fd_, chunk, sizeof chunk, 0);
        if (count > 0) buffer_.append(chunk, static_cast<std::size_t>(count));
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            throw std::runtime_error("the server is silent");
        return count > 0;
    }

    int fd_;
    std::string buffer_;
};

} // namespace outboxd::testing
