// Bytes of an answer. Internal to platform/http.
#pragma once

#include "platform/http/message.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace outboxd::http {

struct WriteOptions {
    std::string_view requestId;
    std::time_t date = 0;
    bool close = false;       // "Connection: close"
    bool keepAlive10 = false; // "Connection: keep-alive", which HTTP/1.0 clients need to see
    bool withoutBody = false; // HEAD: all fields as for GET, then nothing
};

// True if no field of the answer could be taken for two (CR, LF or another control character).
bool isSafe(const Response& response);

std::string serialize(const Response& response, const WriteOptions& options);

} // namespace outboxd::http
