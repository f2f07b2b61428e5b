// A TCP server that answers exactly the bytes it is told to: what a well-behaved HTTP library would refuse to send.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace outboxd::testing {

// One accepted connection, for the script below.
class RawPeer {
public:
    explicit RawPeer(int fd) : fd_(fd) {}

    int fd() const { return fd_; }
    // Until the text has come, or the client has hung up.
    std::string readUntil(std::string_view text) const {
        std::string received;
        char chunk[4096];
        while (received.find(text) == std::string::npos) {
            const auto count = recv(fd_, chunk, sizeof chunk, 0);
            if (count <= 0) break;
            received.append(chunk, static_cast<std::size_t>(count));
        }
        return received;
    }
    void send(std::string_view bytes) const { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    // Whether the client hangs up, or sends more, within that time.
    bool stirsWithin(int milliseconds) const {
        pollfd wait{fd_, POLLIN, 0};
        return poll(&wait, 1, milliseconds) > 0;
    }
    void awaitHangUp() const {
        char chunk[4096];
        while (recv(fd_, chunk, sizeof chunk, 0) > 0) {
        }
    }

private:
    int fd_;
};

// Runs `script` for each connection to 127.0.0.1:port(), one after the other; the connection ends with it.
class RawServer {
public:
    explicit RawServer(std::function<void(RawPeer&)> script) : script_(std::move(script)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            listen(listener_, 16) != 0 ||
            getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~RawServer() {
        shutdown(listener_, SHUT_RDWR); // ends accept()
        thread_.join();
        close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    std::uint16_t port() const { return port_; }

private:
    void serve() {
        for (int fd = -1; (fd = accept(listener_, nullptr, nullptr)) >= 0;) {
            RawPeer peer(fd);
            script_(peer);
            close(fd);
        }
    }

    const std::function<void(RawPeer&)> script_;
    const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace outboxd::testing
