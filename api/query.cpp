#include "api/query.hpp"

#include "api/problems.hpp"
#include "platform/core/nearest.hpp"
#include "platform/security/base64.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace outboxd::api {

namespace {

template <class Integer> std::optional<Integer> parse(std::string_view text) {
    Integer number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

} // namespace

commerce::PageRequest Query::page() {
    commerce::PageRequest page;
    if (const auto text = find("limit")) {
        const auto limit = parse<int>(*text);
        if (limit && *limit >= 1 && *limit <= commerce::kMostPerPage) {
            page.limit = *limit;
        } else {
            errors_.push_back({"", fmt::format("must be 1 to {}", commerce::kMostPerPage), "limit"});
        }
    }
    if (const auto text = find("cursor")) {
        page.cursor = decodeCursor(*text);
        if (!page.cursor) errors_.push_back({"", "must be the nextCursor of an earlier page", "cursor"});
    }
    return page;
}

std::int64_t Query::id(std::string_view name) {
    const auto text = find(name);
    const auto number = text ? parse<std::int64_t>(*text) : std::nullopt;
    if (number && *number >= 1) return *number;
    if (errors_.empty() || errors_.back().parameter != name)
        errors_.push_back({"", text ? "must be a whole number from 1" : "is required", std::string{name}});
    return 0;
}

std::chrono::seconds Query::seconds(std::string_view name, std::chrono::seconds most) {
    const auto text = find(name);
    if (!text) return std::chrono::seconds{0};
    const auto number =
        text->ends_with('s') ? parse<std::int64_t>(text->substr(0, text->size() - 1)) : std::nullopt;
    if (number && *number >= 0 && *number <= most.count()) return std::chrono::seconds{*number};
    errors_.push_back({"", fmt::format("must be 0s to {}s", most.count()), std::string{name}});
    return std::chrono::seconds{0};
}

std::optional<std::string> Query::text(std::string_view name, std::size_t longest) {
    const auto text = find(name);
    if (!text) return std::nullopt;
    if (text->empty() || text->size() > longest)
        errors_.push_back({"", fmt::format("must be 1 to {} bytes", longest), std::string{name}});
    return std::string{*text};
}

std::optional<core::Timestamp> Query::time(std::string_view name) {
    const auto text = find(name);
    if (!text) return std::nullopt;
    const auto time = core::fromRfc3339(*text);
    if (!time)
        errors_.push_back(
            {"", "must be a time in UTC as in RFC 3339: 2026-11-21T09:00:00Z", std::string{name}});
    return time;
}

bool Query::flag(std::string_view name) { return find(name).has_value(); }

std::optional<http::Problem> Query::problem() {
    for (const auto& [name, value] : request_.query) {
        if (std::find(asked_.begin(), asked_.end(), name) == asked_.end())
            errors_.push_back(
                {"", "is not known here" + core::suggestion(name, asked_), name.empty() ? "(empty)" : name});
        if (errors_.size() >= 32) break;
    }
    if (errors_.empty()) return std::nullopt;
    return invalidRequest(std::move(errors_));
}

std::optional<std::string_view> Query::find(std::string_view name) {
    asked_.push_back(name);
    std::optional<std::string_view> found;
    for (const auto& [key, value] : request_.query) {
        if (key != name) continue;
        if (found) {
            errors_.push_back({"", "is given more than once", std::string{name}});
            return std::nullopt;
        }
        found = value;
    }
    return found;
}

std::string encodeCursor(std::int64_t position) {
    return security::toBase64Url(fmt::format("after:{}", position));
}

std::optional<std::int64_t> decodeCursor(std::string_view cursor) {
    if (cursor.size() > 64) return std::nullopt;
    const auto text = security::fromBase64Url(cursor);
    if (!text || text->substr(0, 6) != "after:") return std::nullopt;
    const auto position = parse<std::int64_t>(std::string_view{*text}.substr(6));
    // One position has one spelling.
    if (!position || encodeCursor(*position) != cursor) return std::nullopt;
    return position;
}

} // namespace outboxd::api
