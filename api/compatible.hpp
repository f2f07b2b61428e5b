// The published load scripts speak to paths without /v1 and know one status for every refusal.
#pragma once

#include "platform/http/message.hpp"

namespace outboxd::api {

// A refusal (a problem of 402 to 499) as the scripts want it: the same document with status 400. Left alone are
// 401, 403, 413 and 415, which are about the client and not about what it asked for, and everything that says
// when to try again. The router does this for every path without /v1; handlers need it for paths that exist
// for the scripts alone.
http::Response compatibleRefusal(http::Response response);

} // namespace outboxd::api
