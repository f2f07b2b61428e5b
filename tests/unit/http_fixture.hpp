// A running edge with a handler that tells what it saw.
#pragma once

#include "platform/http/server.hpp"
#include "tests/support/memory_logger.hpp"
#include "tests/support/raw_client.hpp"

#include <condition_variable>
#include <mutex>

namespace outboxd::testing {

// Answers "METHOD PATH [BODY]". Requests for /wait are held until letGo().
class EchoHandler final : public http::Handler {
public:
    http::Response handle(const http::Request& request) override {
        std::unique_lock lock(mutex_);
        last_ = request;
        ++handled_;
        changed_.notify_all();
        if (request.path == "/wait") changed_.wait(lock, [this] { return released_; });
        if (request.path == "/throw") throw std::runtime_error("secret of the database");
        http::Response response;
        response.contentType = "text/plain";
        response.body = request.method + " " + request.path + " [" + request.body + "]";
        if (request.path == "/split") response.headers.add("X-Bad", "a\r\nSet-Cookie: b");
        response.route = "/echo";
        return response;
    }

    void letGo() {
        const std::lock_guard lock(mutex_);
        released_ = true;
        changed_.notify_all();
    }
    void awaitHandled(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return handled_ >= count; });
    }
    int handled() const {
        const std::lock_guard lock(mutex_);
        return handled_;
    }
    http::Request last() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    http::Request last_;
    int handled_ = 0;
    bool released_ = false;
};

struct EdgeFixture {
    explicit EdgeFixture(const http::ServerSettings& settings = {})
        : server(settings, handler, clock, logger) {
        server.start();
    }
    ~EdgeFixture() { handler.letGo(); }

    RawClient connect() { return RawClient(server.port()); }

    core::SystemClock clock;
    MemoryLogger logger;
    EchoHandler handler;
    http::Server server;
};

} // namespace outboxd::testing
