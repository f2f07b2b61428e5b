#include "tests/support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace outboxd::testing {
namespace {

sockaddr_in address(const std::string& host, unsigned port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, host.c_str(), &result.sin_addr) != 1)
        throw std::runtime_error("not an IPv4 address: " + host);
    return result;
}

bool sendAll(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

struct Link {
    int client;
    int server;
    bool awaitingLastReply = false;
};

} // namespace

TcpProxy::TcpProxy(std::string host, unsigned port) : host_(std::move(host)), serverPort_(port) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    auto local = address("127.0.0.1", 0);
    socklen_t size = sizeof local;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&local), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&local), &size) != 0 || pipe(wake_) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(local.sin_port);
    thread_ = std::thread{[this] { run(); }};
}

TcpProxy::~TcpProxy() {
    close(wake_[1]);
    thread_.join();
    close(wake_[0]);
    close(listener_);
}

void TcpProxy::cut(std::string text, Cut when) {
    text_ = std::move(text);
    when_ = when;
    armed_ = true;
}

void TcpProxy::run() {
    std::vector<Link> links;
    std::array<char, 65536> buffer{};
    for (;;) {
        std::vector<pollfd> polls{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        const auto known = links.size();
        for (const auto& link : links) {
            const short wanted = stalled_ ? 0 : POLLIN;
            polls.push_back({link.client, wanted, 0});
            polls.push_back({link.server, wanted, 0});
        }
        poll(polls.data(), polls.size(), 20); // so that stall() is noticed
        if (polls[0].revents != 0) break;
        if (polls[1].revents != 0) {
            const int client = accept(listener_, nullptr, nullptr);
            const int server = socket(AF_INET, SOCK_STREAM, 0);
            const auto target = address(host_, serverPort_);
            (void)connect(server, reinterpret_cast<const sockaddr*>(&target), sizeof target);
            links.push_back({client, server});
        }
        std::vector<bool> dead(links.size(), false);
        for (std::size_t i = 0; i < known; ++i) {
            auto& link = links[i];
            for (const bool fromClient : {true, false}) {
                if (stalled_ || dead[i] || polls[2 + 2 * i + (fromClient ? 0 : 1)].revents == 0) continue;
                const auto got =
                    recv(fromClient ? link.client : link.server, buffer.data(), buffer.size(), 0);
                const std::string_view bytes{buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
                const bool hit = fromClient && armed_ && bytes.find(text_) != std::string_view::npos;
                if (hit) armed_ = false;
                if (bytes.empty() || (hit && when_ == Cut::beforeServer) ||
                    (!fromClient && link.awaitingLastReply)) {
                    dead[i] = true;
                    continue;
                }
                if (hit) link.awaitingLastReply = true;
                if (!sendAll(fromClient ? link.server : link.client, bytes)) dead[i] = true;
            }
        }
        for (std::size_t i = links.size(); i-- > 0;) {
            if (!dead[i]) continue;
            close(links[i].client);
            close(links[i].server);
            links.erase(links.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    for (const auto& link : links) {
        close(link.client);
        close(link.server);
    }
}

} // namespace outboxd::testing
