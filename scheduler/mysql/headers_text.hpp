// The headers of a record as JSON, without losing a byte: [["name", "value"], ...], where a text that is not UTF-8 stands
// as {"base64": "..."} (RFC 4648, section 5, without padding).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outboxd::scheduler::mysql {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string headersToJson(const Headers& headers);
// Throws Error(internal) if `json` was not made by headersToJson().
Headers headersFromJson(std::string_view json);

} // namespace outboxd::scheduler::mysql
