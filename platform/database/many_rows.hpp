// A statement for one row, sent once for many.
//
// The last group of places of the statement, "(?, ?, ?)", is repeated for each row, and the whole goes out as text: a
// list changes its length every time, so preparing it would cost a round trip and fill the cache.
#pragma once

#include "platform/database/value.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace outboxd::database {

class ManyRows {
public:
    // Throws Error(internal) if the statement has no such group, or places before it.
    explicit ManyRows(const Statement& statement);

    // The next row: one value for each place. Throws Error(internal) if their number is wrong.
    ManyRows& row(std::initializer_list<Parameter> values);

    // For Session::textExecute and textQuery. Throws Error(internal) if there is no row.
    std::string sql() const;

private:
    void append(const Parameter::Value& value);

    std::string_view name_;
    std::string_view group_; // "(?, ?, ?)"
    std::string_view tail_;  // what comes behind it
    std::string sql_;
    bool empty_ = true;
};

} // namespace outboxd::database
