// Listens to one channel of Redis, on a connection of its own that is made anew when it is lost.
#pragma once

#include "platform/redis/client.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace outboxd::redis {

// Used by one thread; interrupt() by any. What is published while it is not connected is never heard: Redis keeps no
// messages. A server that vanishes without a word is noticed by TCP's keep-alive, within about a minute.
class Subscriber {
public:
    Subscriber(Settings settings, std::string channel);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    // The next message; empty after interrupt(). Connects and subscribes when it has to.
    // Throws core::Error(unavailable); the next call connects anew.
    std::optional<std::string> next();
    // Connects and subscribes, if that is not done; the server has confirmed it. Throws like next().
    void subscribe();
    // Ends the call of next() that is under way, or the next one.
    void interrupt() noexcept;

private:
    struct Close {
        void operator()(redisContext* connection) const;
    };
    // Whether there is something to read; else it was interrupted.
    bool awaitMessage();
    core::Error lost(const std::string& reason);

    const Settings settings_;
    const std::string channel_;
    std::unique_ptr<redisContext, Close> connection_;
    const int interruption_; // an eventfd
};

} // namespace outboxd::redis
