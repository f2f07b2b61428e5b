// Small operations on UTF-8 text.
#pragma once

#include <string>
#include <string_view>

namespace outboxd::core {

// At most `bytes` bytes of `text`, cut between characters, for columns and log fields of limited length.
inline std::string shortened(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string{text};
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return std::string{text.substr(0, bytes)};
}

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool isUtf8(std::string_view text);

// As it is if it is UTF-8, else with a question mark for each byte that is not ASCII: for messages that quote what somebody
// else wrote.
std::string printable(std::string_view text);

} // namespace outboxd::core
