#include "api/compatible.hpp"

#include <fmt/format.h>

namespace outboxd::api {

http::Response compatibleRefusal(http::Response response) {
    switch (response.status) {
    case 401:
    case 403:
    case 413:
    case 415: return response;
    default: break;
    }
    if (response.status < 402 || response.status > 499 ||
        response.contentType != "application/problem+json" || response.headers.get("Retry-After"))
        return response;
    // Type and title stand before it and are made of the code alone, so the first one is the member.
    const auto member = fmt::format("\"status\":{}", response.status);
    if (const auto at = response.body.find(member); at != std::string::npos)
        response.body.replace(at, member.size(), "\"status\":400");
    response.status = 400;
    return response;
}

} // namespace outboxd::api
