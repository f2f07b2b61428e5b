// A Redis client that is bounded and survives its server, over hiredis (why not Poco's: docs/decisions/0006).
//
//  - Every wait has the same limit: connecting, writing, reading. hiredis has none by default.
//  - A connection that has seen any trouble is closed: after a time-out the late reply would be taken for that of the
//    next command.
//  - Redis is never the truth (see docs/guarantees.md): callers treat every Error as "not there".
#pragma once

#include "platform/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

struct redisContext;

namespace outboxd::redis {

struct Settings {
    std::string host = "127.0.0.1";
    int port = 6379;
    std::chrono::milliseconds timeout{200}; // for each connect, write and read
    std::size_t idleConnections = 4;        // kept open for later; more are opened when needed
};

// What a script may return; nil is an empty optional.
using Reply = std::variant<std::int64_t, std::optional<std::string>>;

// Thread-safe; a call uses a connection of its own for its duration. Connects at the first call.
// Every call throws core::Error: unavailable (refused, dropped, timed out: what was sent may have been done),
// invalid_data (the server answers with an error or a type that the command does not have).
class Client {
public:
    explicit Client(Settings settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void ping();
    std::optional<std::string> get(const std::string& key);
    // Expires after `life`, which is at least a millisecond.
    void set(const std::string& key, const std::string& value, std::chrono::milliseconds life);
    // Whether the key was there.
    bool del(const std::string& key);
    // Returns how many subscribers of this server received it.
    std::int64_t publish(const std::string& channel, const std::string& message);
    // Runs a Lua script, by its digest where the server has it already. An interrupted script is not run
    // twice.
    Reply eval(const std::string& script, const std::vector<std::string>& keys,
               const std::vector<std::string>& arguments);

private:
    struct Close {
        void operator()(redisContext* connection) const;
    };
    using Connection = std::unique_ptr<redisContext, Close>;
    template <class Use> auto ask(const std::vector<std::string>& words, Use use);
    core::Error unavailable(const redisContext* connection);
    Connection take();
    void giveBack(Connection connection);
    std::string digestOf(const std::string& script);

    const Settings settings_;
    std::mutex mutex_; // guards what follows
    std::vector<Connection> idle_;
    std::map<std::string, std::string> digests_; // by script
};

} // namespace outboxd::redis
