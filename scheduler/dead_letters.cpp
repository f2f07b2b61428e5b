#include "scheduler/dead_letters.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace outboxd::scheduler {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
// Of a number, a UUID or a word.
bool isWordPart(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// What one quotes ends where the same sign comes again; an apostrophe within a word quotes nothing.
std::size_t quotedEnd(std::string_view text, std::size_t begin) {
    const auto sign = text[begin];
    if (sign != '"' && sign != '\'' && sign != '`') return std::string_view::npos;
    if (sign == '\'' && begin > 0 && isWordPart(text[begin - 1])) return std::string_view::npos;
    return text.find(sign, begin + 1);
}

std::string withoutParticulars(std::string_view error) {
    std::string text;
    for (std::size_t i = 0; i < error.size();) {
        if (const auto end = quotedEnd(error, i); end != std::string_view::npos) {
            text += '#';
            i = end + 1;
            continue;
        }
        if (!isWordPart(error[i])) {
            text += error[i++];
            continue;
        }
        const auto begin = i;
        bool particular = false;
        for (; i < error.size() && isWordPart(error[i]); ++i) particular = particular || isDigit(error[i]);
        text += particular ? std::string_view{"#"} : error.substr(begin, i - begin);
    }
    return text;
}

} // namespace

std::string fingerprintOf(std::string_view error) {
    std::uint64_t hash = 14695981039346656037U; // FNV-1a: it names a cause, and guards nothing
    for (const char c : withoutParticulars(error)) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211U;
    }
    return fmt::format("{:016x}", hash);
}

} // namespace outboxd::scheduler
