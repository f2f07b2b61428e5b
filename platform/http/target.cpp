#include "platform/http/target.hpp"

#include "platform/core/text.hpp"

#include <algorithm>

namespace outboxd::http {

namespace {

enum class Part { path, query };

int hexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text, Part part) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hexValue(text[i + 1]);
            const int low = hexValue(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            if (c == '/' && part == Part::path) return std::nullopt;
            i += 2;
        } else if (c == '+' && part == Part::query) {
            c = ' ';
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        result += c;
    }
    if (!core::isUtf8(result)) return std::nullopt;
    return result;
}

} // namespace

std::optional<Target> parseTarget(std::string_view target) {
    Target result;
    const auto question = std::min(target.find('?'), target.size());
    result.rawPath = target.substr(0, question);
    auto path = decode(result.rawPath, Part::path);
    if (!path) return std::nullopt;
    result.path = std::move(*path);

    auto rest = target.substr(std::min(question + 1, target.size()));
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decode(pair.substr(0, equals), Part::query);
        auto value = decode(pair.substr(std::min(equals + 1, pair.size())), Part::query);
        if (!name || !value) return std::nullopt;
        result.query.emplace_back(std::move(*name), std::move(*value));
    }
    return result;
}

} // namespace outboxd::http
