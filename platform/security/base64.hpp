// Base64 for URLs, without padding (RFC 4648, section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outboxd::security {

std::string toBase64Url(std::string_view bytes);
// Empty if the text is none. Bytes have one spelling: left-over bits that are not zero are refused, too.
std::optional<std::string> fromBase64Url(std::string_view text);

} // namespace outboxd::security
