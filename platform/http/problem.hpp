// Every error is answered with a problem document (RFC 9457).
#pragma once

#include "platform/http/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::http {

// One thing wrong with the request. Either `pointer` (RFC 6901, into the body; "" is the whole body) or, if
// `parameter` is set, the name of a path, query or header parameter.
struct FieldError {
    std::string pointer;
    std::string detail;
    std::string parameter = {};
};

// `code` is stable lower_snake_case: clients branch on it, so it is never renamed. `detail` is one sentence
// for a person and tells nothing of our internals.
struct Problem {
    int status = 500;
    std::string code = "internal";
    std::string detail = "Something went wrong on our side.";
    std::vector<FieldError> errors = {};
    std::optional<std::chrono::seconds> retryAfter = {};
};

// Members: type (urn:outboxd:problem:CODE), title, status, detail, instance, code, message (the same sentence
// as detail), trace_id, and errors if there are any. Empty `instance` or `traceId` are left out.
Response toResponse(const Problem& problem, std::string_view instance, std::string_view traceId);
Response toResponse(const Problem& problem, const Request& request);

// "Not Found" for 404; "Unknown" for a number that has no name.
std::string_view reasonPhrase(int status);

} // namespace outboxd::http
