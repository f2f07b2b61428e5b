#include "platform/redis/client.hpp"

#include "platform/redis/reply.hpp"

#include <fmt/format.h>

#include <openssl/evp.h>

#include <array>

namespace outboxd::redis {

timeval toTimeval(std::chrono::milliseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    return {static_cast<time_t>(seconds.count()),
            static_cast<suseconds_t>(std::chrono::microseconds{time - seconds}.count())};
}

core::Error unreachable(const Settings& settings, const std::string& reason) {
    return {core::ErrorKind::unavailable,
            fmt::format("Redis at {}:{}: {}", settings.host, settings.port, reason),
            "see whether the server of redis.host and redis.port runs; redis.timeout limits each wait"};
}

namespace {

// A refused command: the connection is sound, the command was not.
void refuseErrors(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR)
        throw core::Error(core::ErrorKind::invalid_data, "Redis: " + textOf(reply));
}

core::Error unexpectedType() {
    return {core::ErrorKind::invalid_data, "Redis: a reply of another type than the command has"};
}

std::int64_t numberIn(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_INTEGER) throw unexpectedType();
    return reply.integer;
}

Reply scriptReplyIn(const redisReply& reply) {
    switch (reply.type) {
    case REDIS_REPLY_INTEGER: return std::int64_t{reply.integer};
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING: return std::optional{textOf(reply)};
    case REDIS_REPLY_NIL: return std::optional<std::string>{};
    default: break;
    }
    throw core::Error(core::ErrorKind::invalid_data, "the Redis script returned neither a number nor a text");
}

// As Redis names scripts: hexadecimal SHA-1.
std::string sha1(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
        throw core::Error(core::ErrorKind::internal, "SHA-1 of a script failed");
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

} // namespace

void Client::Close::operator()(redisContext* connection) const { redisFree(connection); }

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
    const auto limit = toTimeval(settings_.timeout);
    Connection connection(redisConnectWithTimeout(settings_.host.c_str(), settings_.port, limit));
    if (!connection || connection->err != 0) throw unavailable(connection.get());
    if (redisSetTimeout(connection.get(), limit) != REDIS_OK) throw unavailable(connection.get());
    return connection;
}

void Client::giveBack(Connection connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < settings_.idleConnections) idle_.push_back(std::move(connection));
}

core::Error Client::unavailable(const redisContext* connection) {
    {
        // The others are of the same age and have most likely lost the same server.
        const std::lock_guard lock(mutex_);
        idle_.clear();
    }
    return unreachable(settings_, connection == nullptr ? "no memory for a connection" : connection->errstr);
}

// Runs `use` on the reply. The connection is kept only if a whole reply came; after that it is sound, whatever the
// reply says.
template <class Use> auto Client::ask(const std::vector<std::string>& words, Use use) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& word : words) {
        texts.push_back(word.data());
        sizes.push_back(word.size());
    }
    auto connection = take();
    const ReplyHandle reply(static_cast<redisReply*>(
        redisCommandArgv(connection.get(), static_cast<int>(words.size()), texts.data(), sizes.data())));
    if (!reply) throw unavailable(connection.get());
    giveBack(std::move(connection));
    return use(*reply);
}

void Client::ping() { ask({"PING"}, refuseErrors); }

std::optional<std::string> Client::get(const std::string& key) {
    return ask({"GET", key}, [](const redisReply& reply) -> std::optional<std::string> {
        refuseErrors(reply);
        if (reply.type == REDIS_REPLY_NIL) return std::nullopt;
        if (reply.type != REDIS_REPLY_STRING) throw unexpectedType();
        return textOf(reply);
    });
}

void Client::set(const std::string& key, const std::string& value, std::chrono::milliseconds life) {
    ask({"SET", key, value, "PX", std::to_string(life.count())}, refuseErrors);
}

bool Client::del(const std::string& key) {
    return ask({"DEL", key}, [](const redisReply& reply) {
        refuseErrors(reply);
        return numberIn(reply) > 0;
    });
}

std::int64_t Client::publish(const std::string& channel, const std::string& message) {
    return ask({"PUBLISH", channel, message}, [](const redisReply& reply) {
        refuseErrors(reply);
        return numberIn(reply);
    });
}

std::string Client::digestOf(const std::string& script) {
    const std::lock_guard lock(mutex_);
    auto& digest = digests_[script];
    if (digest.empty()) digest = sha1(script);
    return digest;
}

Reply Client::eval(const std::string& script, const std::vector<std::string>& keys,
                   const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"EVALSHA", digestOf(script), std::to_string(keys.size())};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto answer = ask(words, [](const redisReply& reply) -> std::optional<Reply> {
        // A new or restarted server: nothing was run.
        if (reply.type == REDIS_REPLY_ERROR && textOf(reply).starts_with("NOSCRIPT")) return std::nullopt;
        refuseErrors(reply);
        return scriptReplyIn(reply);
    });
    if (answer) return *answer;
    words[0] = "EVAL";
    words[1] = script;
    return ask(words, [](const redisReply& reply) {
        refuseErrors(reply);
        return scriptReplyIn(reply);
    });
}

} // namespace outboxd::redis
