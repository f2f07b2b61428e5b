// A TCP relay in front of a real server that can stall, and cut a connection at a chosen moment.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace outboxd::testing {

class TcpProxy {
public:
    // What happens to the connection on which the client sends the text given to cut().
    enum class Cut {
        beforeServer, // the server never sees it
        afterReply,   // the server has answered, the client never hears it
    };

    // Forwards 127.0.0.1:port() to host:port. Thread-safe.
    TcpProxy(std::string host, unsigned port);
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    unsigned port() const { return port_; }
    // From now on nothing is forwarded in either direction; connections stay open and are still accepted.
    void stall() { stalled_ = true; }
    // The next chunk from a client that contains `text` cuts its connection. Call before the traffic.
    void cut(std::string text, Cut when);

private:
    void run();

    const std::string host_;
    const unsigned serverPort_;
    int listener_ = -1;
    int wake_[2] = {-1, -1};
    unsigned port_ = 0;
    std::atomic<bool> stalled_{false};
    std::atomic<bool> armed_{false};
    std::string text_;
    Cut when_ = Cut::beforeServer;
    std::thread thread_;
};

} // namespace outboxd::testing
