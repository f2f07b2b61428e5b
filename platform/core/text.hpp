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

} // namespace outboxd::core
