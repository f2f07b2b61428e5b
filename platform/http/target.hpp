// Path and query of a request target, decoded strictly (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outboxd::http {

struct Target {
    std::string rawPath;
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;
};

// Empty if a percent sign is not followed by two hexadecimal digits, if the result has a control character or
// is not UTF-8, or if the path hides a slash ("%2F"): two readers would split it differently. In the query,
// '+' is a space.
std::optional<Target> parseTarget(std::string_view target);

} // namespace outboxd::http
