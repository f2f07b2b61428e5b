// Names that tie a request to its log lines, its events and the client's own trace.
#pragma once

#include <string>
#include <string_view>

namespace outboxd::http {

// 1 to 128 characters of letters, digits and ._~:/+=@- : safe in a header, a log line and a shell.
bool isRequestId(std::string_view text);
std::string newRequestId();

// W3C Trace Context, level 1, section 3.2: version 00, or a later version with at least the fields of version
// 00.
bool isTraceparent(std::string_view text);
std::string newTraceparent();

} // namespace outboxd::http
