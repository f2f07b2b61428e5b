// What both users of hiredis need. For the sources of this folder.
#pragma once

#include "platform/redis/client.hpp"

#include <hiredis/hiredis.h>

#include <memory>

namespace outboxd::redis {

struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyHandle = std::unique_ptr<redisReply, FreeReply>;

inline std::string textOf(const redisReply& reply) { return {reply.str, reply.len}; }

timeval toTimeval(std::chrono::milliseconds time);
core::Error unreachable(const Settings& settings, const std::string& reason);

} // namespace outboxd::redis
