#include "platform/http/trace.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <array>
#include <sys/random.h>

namespace outboxd::http {

namespace {

template <std::size_t Bytes> std::string randomHex() {
    std::array<unsigned char, Bytes> raw{};
    if (getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size()))
        throw core::Error(core::ErrorKind::internal, "the kernel gave no random bytes");
    std::string text;
    text.reserve(2 * Bytes);
    for (const auto byte : raw) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

bool isHex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool isZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

} // namespace

bool isRequestId(std::string_view text) {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c != '\0' && std::string_view{"._~:/+=@-"}.find(c) != std::string_view::npos);
    });
}

std::string newRequestId() { return randomHex<16>(); }

bool isTraceparent(std::string_view text) {
    constexpr std::size_t length = 55;
    if (text.size() < length || text.size() > 256) return false;
    if (text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const auto version = text.substr(0, 2);
    if (!isHex(version) || version == "ff") return false;
    if (version == "00" ? text.size() != length : (text.size() > length && text[length] != '-')) return false;
    const auto trace = text.substr(3, 32);
    const auto parent = text.substr(36, 16);
    return isHex(trace) && !isZero(trace) && isHex(parent) && !isZero(parent) && isHex(text.substr(53, 2));
}

std::string newTraceparent() { return "00-" + randomHex<16>() + "-" + randomHex<8>() + "-00"; }

} // namespace outboxd::http
