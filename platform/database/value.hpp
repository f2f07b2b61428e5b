// What goes into a statement's parameters and comes out of its columns.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/event_id.hpp"
#include "platform/core/ids.hpp"
#include "platform/core/money.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace outboxd::database {

// A statement's text with `?` places, under the name that logs, metrics and errors use. Both views live for
// ever: statements come from sql/queries/*.sql, embedded at build time.
struct Statement {
    std::string_view name;
    std::string_view text;
};

// One argument. Views need to live until the call returns.
class Parameter {
public:
    using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string_view, std::string>;

    Parameter(std::nullopt_t) {}
    template <std::signed_integral Integer> Parameter(Integer number) : value_(std::int64_t{number}) {}
    template <std::unsigned_integral Integer> Parameter(Integer number) : value_(std::uint64_t{number}) {}
    Parameter(std::string_view bytes) : value_(bytes) {}
    Parameter(const std::string& bytes) : value_(std::string_view{bytes}) {}
    Parameter(const char* text) : value_(std::string_view{text}) {}
    Parameter(core::Money money) : value_(money.minorUnits()) {}
    Parameter(const core::EventId& id) : value_(std::string{id.binary()}) {}
    Parameter(core::Timestamp time); // as DATETIME(6), UTC
    template <class Tag> Parameter(core::Id<Tag> id) : value_(id.value) {}
    template <class T> Parameter(const std::optional<T>& maybe) {
        if (maybe) value_ = Parameter{*maybe}.value_;
    }

    const Value& value() const { return value_; }

private:
    Value value_;
};

// One row of a result. Columns are read by place, in the order of the SELECT. Reading a NULL through a
// function that does not return an optional, or a column of another type, throws Error(internal).
class Row {
public:
    using Cell = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string>;
    explicit Row(std::vector<Cell> cells) : cells_(std::move(cells)) {}

    std::size_t size() const { return cells_.size(); }
    bool isNull(std::size_t column) const;
    std::int64_t integer(std::size_t column) const;
    const std::string& bytes(std::size_t column) const;
    core::Timestamp time(std::size_t column) const; // of DATETIME(n)
    core::Money money(std::size_t column) const { return core::Money{integer(column)}; }
    template <class IdType> IdType id(std::size_t column) const { return IdType{integer(column)}; }

    std::optional<std::int64_t> maybeInteger(std::size_t column) const;
    std::optional<std::string> maybeBytes(std::size_t column) const;
    std::optional<core::Timestamp> maybeTime(std::size_t column) const;

private:
    const Cell& cell(std::size_t column) const;
    std::vector<Cell> cells_;
};

using Rows = std::vector<Row>;

// "2026-11-21 05:17:14.123456", the literal form of DATETIME(6).
std::string toDateTime(core::Timestamp time);
// Accepts 0 to 6 fractional digits; empty if it is not a date and time.
std::optional<core::Timestamp> parseDateTime(std::string_view text);

} // namespace outboxd::database
