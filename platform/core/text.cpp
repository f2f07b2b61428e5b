#include "platform/core/text.hpp"

#include <cstdint>

namespace outboxd::core {

bool isUtf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = 1;
        std::uint32_t code = lead;
        if (lead >= 0x80) {
            if (lead >= 0xc2 && lead <= 0xdf) {
                length = 2;
                code = lead & 0x1fu;
            } else if (lead >= 0xe0 && lead <= 0xef) {
                length = 3;
                code = lead & 0x0fu;
            } else if (lead >= 0xf0 && lead <= 0xf4) {
                length = 4;
                code = lead & 0x07u;
            } else {
                return false;
            }
            if (i + length > text.size()) return false;
            for (std::size_t k = 1; k < length; ++k) {
                const auto next = static_cast<unsigned char>(text[i + k]);
                if ((next & 0xc0u) != 0x80u) return false;
                code = (code << 6) | (next & 0x3fu);
            }
            if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000) || code > 0x10ffff ||
                (code >= 0xd800 && code <= 0xdfff))
                return false;
        }
        i += length;
    }
    return true;
}

std::string printable(std::string_view text) {
    if (isUtf8(text)) return std::string{text};
    std::string result{text};
    for (auto& c : result)
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return result;
}

} // namespace outboxd::core
