// Query parameters, read as strictly as bodies: unknown, repeated and malformed ones are refused, all at
// once.
#pragma once

#include "commerce/shop_reader.hpp"
#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::api {

class Query {
public:
    // `request` must outlive the query.
    explicit Query(const http::Request& request) : request_(request) {}

    // `limit` (1 to kMostPerPage, 20 if absent) and `cursor` (from an earlier page).
    commerce::PageRequest page();
    // That of `values` whose name is given; empty if the parameter is absent.
    template <class Enum>
    std::optional<Enum> oneOf(std::string_view parameter, std::initializer_list<Enum> values) {
        const auto text = find(parameter);
        if (!text) return std::nullopt;
        std::string allowed;
        for (const auto value : values) {
            if (name(value) == *text) return value;
            allowed.append(allowed.empty() ? "" : ", ").append(name(value));
        }
        errors_.push_back({"", "must be one of " + allowed, std::string{parameter}});
        return std::nullopt;
    }
    // The one that must be there, 1 or more.
    std::int64_t id(std::string_view name);
    // "10s"; none if absent.
    std::chrono::seconds seconds(std::string_view name, std::chrono::seconds most);
    // 1 to `longest` bytes; empty if absent.
    std::optional<std::string> text(std::string_view name, std::size_t longest);
    // As in RFC 3339, UTC; empty if absent.
    std::optional<core::Timestamp> time(std::string_view name);
    // True if the name is there, whatever its value.
    bool flag(std::string_view name);

    // Called once, after everything was asked for.
    std::optional<http::Problem> problem();

private:
    std::optional<std::string_view> find(std::string_view name);

    const http::Request& request_;
    std::vector<std::string_view> asked_;
    std::vector<http::FieldError> errors_;
};

// An opaque cursor: clients hand it back and must not look into it, so that its content may change.
std::string encodeCursor(std::int64_t position);
// Empty if encodeCursor cannot have made it.
std::optional<std::int64_t> decodeCursor(std::string_view cursor);

} // namespace outboxd::api
