#include "commerce/valid.hpp"

#include <fmt/format.h>

#include <optional>

namespace outboxd::commerce {
namespace {

// The number of code points; empty if `text` is not well-formed UTF-8 (RFC 3629) or has control characters.
std::optional<std::size_t> countCharacters(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++count) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t bytes = lead < 0x80   ? 1
                                  : lead < 0xc0 ? 0
                                  : lead < 0xe0 ? 2
                                  : lead < 0xf0 ? 3
                                  : lead < 0xf8 ? 4
                                                : 0;
        if (bytes == 0 || i + bytes > text.size()) return std::nullopt;
        std::uint32_t point = bytes == 1 ? lead : lead & (0x7fU >> bytes);
        for (std::size_t k = 1; k < bytes; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0) != 0x80) return std::nullopt;
            point = point << 6 | (next & 0x3fU);
        }
        constexpr std::uint32_t kLeastOf[] = {0, 0, 0x80, 0x800, 0x10000};
        const bool overlong = point < kLeastOf[bytes];
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
        if (overlong || surrogate || control || point > 0x10ffff) return std::nullopt;
        i += bytes;
    }
    return count;
}

} // namespace

void Problems::length(std::string_view pointer, std::string_view text, std::size_t least, std::size_t most) {
    const auto characters = countCharacters(text);
    if (!characters) {
        add(std::string{pointer}, "must be UTF-8 text without control characters");
    } else if (*characters < least || *characters > most) {
        add(std::string{pointer}, fmt::format("must have {} to {} characters", least, most));
    }
}

void Problems::range(std::string_view pointer, std::int64_t number, std::int64_t least, std::int64_t most) {
    if (number < least || number > most) {
        add(std::string{pointer}, fmt::format("must be from {} to {}", least, most));
    }
}

} // namespace outboxd::commerce
