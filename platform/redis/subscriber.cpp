#include "platform/redis/subscriber.hpp"

#include "platform/redis/reply.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace outboxd::redis {

void Subscriber::Close::operator()(redisContext* connection) const { redisFree(connection); }

Subscriber::Subscriber(Settings settings, std::string channel)
    : settings_(std::move(settings)), channel_(std::move(channel)),
      interruption_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (interruption_ < 0)
        throw core::Error(core::ErrorKind::internal,
                          fmt::format("eventfd: {}", std::generic_category().message(errno)));
}

Subscriber::~Subscriber() { close(interruption_); }

void Subscriber::interrupt() noexcept { eventfd_write(interruption_, 1); }

core::Error Subscriber::lost(const std::string& reason) {
    const std::string text = connection_ && connection_->err != 0 ? connection_->errstr : reason;
    connection_.reset();
    return unreachable(settings_, text);
}

void Subscriber::subscribe() {
    if (connection_) return;
    const auto limit = toTimeval(settings_.timeout);
    connection_.reset(redisConnectWithTimeout(settings_.host.c_str(), settings_.port, limit));
    if (!connection_ || connection_->err != 0) throw lost("no memory for a connection");
    if (redisSetTimeout(connection_.get(), limit) != REDIS_OK) throw lost("no time-out");
    redisEnableKeepAlive(connection_.get());
    const std::array<const char*, 2> words{"SUBSCRIBE", channel_.c_str()};
    const std::array<std::size_t, 2> sizes{std::strlen(words[0]), channel_.size()};
    const ReplyHandle reply(static_cast<redisReply*>(
        redisCommandArgv(connection_.get(), 2, const_cast<const char**>(words.data()), sizes.data())));
    if (!reply) throw lost("no answer");
    if (reply->type == REDIS_REPLY_ERROR) throw lost(textOf(*reply));
}

bool Subscriber::awaitMessage() {
    std::array<pollfd, 2> both{{{interruption_, POLLIN, 0}, {connection_->fd, POLLIN, 0}}};
    while (poll(both.data(), both.size(), -1) < 0) {
        if (errno != EINTR) throw lost(std::generic_category().message(errno));
    }
    if (both[0].revents == 0) return true;
    eventfd_t count = 0;
    eventfd_read(interruption_, &count);
    return false;
}

std::optional<std::string> Subscriber::next() {
    subscribe();
    for (;;) {
        void* raw = nullptr;
        if (redisGetReplyFromReader(connection_.get(), &raw) != REDIS_OK) throw lost("a reply that is none");
        if (const ReplyHandle reply{static_cast<redisReply*>(raw)}) {
            const bool message = reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
                                 reply->element[2]->type == REDIS_REPLY_STRING;
            if (message) return textOf(*reply->element[2]);
            continue;
        }
        if (!awaitMessage()) return std::nullopt;
        if (redisBufferRead(connection_.get()) != REDIS_OK) throw lost("the connection was closed");
    }
}

} // namespace outboxd::redis
