#include "platform/security/base64.hpp"

namespace outboxd::security {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

} // namespace

std::string toBase64Url(std::string_view bytes) {
    std::string result;
    unsigned bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) result += kAlphabet[(bits >> (count - 6)) & 63];
    }
    if (count > 0) result += kAlphabet[(bits << (6 - count)) & 63];
    return result;
}

std::optional<std::string> fromBase64Url(std::string_view text) {
    std::string result;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto value = kAlphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<unsigned>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        result += static_cast<char>((bits >> count) & 255);
    }
    // Six bits alone are no byte; two or four must be zero.
    if (count == 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
    return result;
}

} // namespace outboxd::security
