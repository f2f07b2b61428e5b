#include "platform/redis/client.hpp"

#include <Poco/Exception.h>
#include <Poco/Redis/Array.h>
#include <Poco/Redis/Client.h>
#include <Poco/Redis/Exception.h>
#include <Poco/SHA1Engine.h>

#include <fmt/format.h>

namespace outboxd::redis {

using Poco::Redis::Array;
using Poco::Redis::BulkString;

namespace {

// A reply of kind error: the connection is sound, the command was not.
struct Refused {
    std::string text;
};

Array commandOf(const std::vector<std::string>& words) {
    Array command;
    for (const auto& word : words) command.add(word);
    return command;
}

Reply replyOf(const Poco::Redis::RedisType& reply) {
    using namespace Poco::Redis;
    if (const auto* number = dynamic_cast<const Type<Poco::Int64>*>(&reply))
        return std::int64_t{number->value()};
    if (const auto* text = dynamic_cast<const Type<std::string>*>(&reply))
        return std::optional{text->value()};
    if (const auto* bulk = dynamic_cast<const Type<BulkString>*>(&reply)) {
        if (bulk->value().isNull()) return std::optional<std::string>{};
        return std::optional{bulk->value().value()};
    }
    throw core::Error(core::ErrorKind::invalid_data, "the Redis script returned neither a number nor a text");
}

} // namespace

Client::Client(Settings settings) : settings_(std::move(settings)) {}

Client::~Client() = default;

Client::Connection Client::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    const Poco::Timespan limit(
        std::chrono::duration_cast<std::chrono::microseconds>(settings_.timeout).count());
    auto connection = std::make_unique<Poco::Redis::Client>();
    connection->connect(settings_.host, settings_.port, limit);
    connection->setReceiveTimeout(limit);
    return connection;
}

void Client::giveBack(Connection connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < settings_.idleConnections) idle_.push_back(std::move(connection));
}

// Runs `action` on a connection, which is closed unless all went well.
template <class Action> auto Client::with(Action action) {
    try {
        auto connection = take();
        auto result = action(*connection);
        giveBack(std::move(connection));
        return result;
    } catch (const Poco::Exception& error) {
        {
            // The others are of the same age and have most likely lost the same server.
            const std::lock_guard lock(mutex_);
            idle_.clear();
        }
        throw core::Error(
            core::ErrorKind::unavailable,
            fmt::format("Redis at {}:{}: {}", settings_.host, settings_.port, error.displayText()),
            "see whether the server of redis.host and redis.port runs; redis.timeout limits each wait");
    }
}

template <class Result> Result Client::run(const Array& command) {
    auto answer = with([&](Poco::Redis::Client& client) -> std::variant<Result, Refused> {
        const auto reply = client.sendCommand(command);
        if (const auto* error = dynamic_cast<const Poco::Redis::Type<Poco::Redis::Error>*>(reply.get()))
            return Refused{error->value().getMessage()};
        if (const auto* fine = dynamic_cast<const Poco::Redis::Type<Result>*>(reply.get()))
            return fine->value();
        return Refused{"a reply of another type than the command has"};
    });
    if (const auto* refused = std::get_if<Refused>(&answer))
        throw core::Error(core::ErrorKind::invalid_data, "Redis: " + refused->text);
    return std::get<Result>(std::move(answer));
}

void Client::ping() { run<std::string>(commandOf({"PING"})); }

std::optional<std::string> Client::get(const std::string& key) {
    const auto value = run<BulkString>(commandOf({"GET", key}));
    if (value.isNull()) return std::nullopt;
    return value.value();
}

void Client::set(const std::string& key, const std::string& value, std::chrono::milliseconds life) {
    run<std::string>(commandOf({"SET", key, value, "PX", std::to_string(life.count())}));
}

bool Client::del(const std::string& key) { return run<Poco::Int64>(commandOf({"DEL", key})) > 0; }

std::int64_t Client::publish(const std::string& channel, const std::string& message) {
    return run<Poco::Int64>(commandOf({"PUBLISH", channel, message}));
}

std::string Client::digestOf(const std::string& script) {
    const std::lock_guard lock(mutex_);
    auto& digest = digests_[script];
    if (digest.empty()) {
        Poco::SHA1Engine engine;
        engine.update(script);
        digest = Poco::DigestEngine::digestToHex(engine.digest());
    }
    return digest;
}

Reply Client::eval(const std::string& script, const std::vector<std::string>& keys,
                   const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"EVALSHA", digestOf(script), std::to_string(keys.size())};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto answer = with([&](Poco::Redis::Client& client) -> std::variant<Reply, Refused> {
        auto reply = client.sendCommand(commandOf(words));
        const auto* error = dynamic_cast<const Poco::Redis::Type<Poco::Redis::Error>*>(reply.get());
        if (error && error->value().getMessage().starts_with(
                         "NOSCRIPT")) { // a new or restarted server: nothing was run
            words[0] = "EVAL";
            words[1] = script;
            reply = client.sendCommand(commandOf(words));
            error = dynamic_cast<const Poco::Redis::Type<Poco::Redis::Error>*>(reply.get());
        }
        if (error) return Refused{error->value().getMessage()};
        return replyOf(*reply);
    });
    if (const auto* refused = std::get_if<Refused>(&answer))
        throw core::Error(core::ErrorKind::invalid_data, "Redis script: " + refused->text);
    return std::get<Reply>(std::move(answer));
}

} // namespace outboxd::redis
