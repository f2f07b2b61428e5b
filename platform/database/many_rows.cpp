#include "platform/database/many_rows.hpp"

#include "platform/core/error.hpp"

#include <algorithm>

namespace outboxd::database {
namespace {

[[noreturn]] void refuse(std::string_view statement, std::string_view why) {
    throw core::Error(core::ErrorKind::internal, std::string{statement} + ": " + std::string{why});
}

// Nothing that any SQL mode or character set could read in another way.
bool isPlain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c >= 0x20 && c < 0x7f && c != '\'' && c != '\\'; });
}

void appendLiteral(std::string& sql, std::string_view text) {
    if (isPlain(text)) {
        sql.append("'").append(text).append("'");
        return;
    }
    sql += "X'";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        sql += "0123456789ABCDEF"[byte >> 4];
        sql += "0123456789ABCDEF"[byte & 15];
    }
    sql += '\'';
}

} // namespace

ManyRows::ManyRows(const Statement& statement) : name_(statement.name) {
    const auto text = statement.text;
    const auto last = text.rfind('?');
    if (last == std::string_view::npos) refuse(name_, "has no places");
    const auto begin = text.rfind('(', last);
    const auto end = text.find(')', last);
    if (begin == std::string_view::npos || end == std::string_view::npos || text.find('?') < begin)
        refuse(name_, "has no single group of places");
    group_ = text.substr(begin, end + 1 - begin);
    tail_ = text.substr(end + 1);
    sql_ = text.substr(0, begin);
}

ManyRows& ManyRows::row(std::initializer_list<Parameter> values) {
    if (!empty_) sql_ += ',';
    empty_ = false;
    auto rest = group_;
    for (const auto& value : values) {
        const auto place = rest.find('?');
        if (place == std::string_view::npos) refuse(name_, "more values than places");
        sql_ += rest.substr(0, place);
        append(value.value());
        rest.remove_prefix(place + 1);
    }
    if (rest.find('?') != std::string_view::npos) refuse(name_, "fewer values than places");
    sql_ += rest;
    return *this;
}

void ManyRows::append(const Parameter::Value& value) {
    if (std::holds_alternative<std::monostate>(value)) {
        sql_ += "NULL";
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        sql_ += std::to_string(*number);
    } else if (const auto* positive = std::get_if<std::uint64_t>(&value)) {
        sql_ += std::to_string(*positive);
    } else if (const auto* view = std::get_if<std::string_view>(&value)) {
        appendLiteral(sql_, *view);
    } else {
        appendLiteral(sql_, std::get<std::string>(value));
    }
}

std::string ManyRows::sql() const {
    if (empty_) refuse(name_, "no row");
    return sql_ + std::string{tail_};
}

} // namespace outboxd::database
