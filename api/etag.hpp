// Conditional requests (RFC 9110, section 13): a client that has the answer already is told so.
#pragma once

#include "api/router.hpp"

namespace outboxd::api {

// The 200 with a strong ETag of its body and `Cache-Control: no-cache` (keep it, but ask again), or a 304 if
// the client's If-None-Match names that tag. Any other status is returned as it is. For GET, and so for HEAD.
http::Response etagged(const Call& call, http::Response response);
// The same with the tag of an answer that is given often.
http::Response etagged(const Call& call, http::Response response, const std::string& tag);
std::string etagOf(const http::Response& response);

} // namespace outboxd::api
