#include "platform/database/prepared_statement.hpp"

#include "platform/database/errors.hpp"

#include <fmt/format.h>

#include <charconv>

namespace outboxd::database {
namespace {

// Gives the result back whatever happens while it is read; unread rows are read and thrown away.
struct FreeResult {
    MYSQL_STMT* handle;
    ~FreeResult() { mysql_stmt_free_result(handle); }
};

MYSQL_BIND bind(const Parameter::Value& value) {
    MYSQL_BIND bind{};
    const auto bytes = [&bind](std::string_view text) {
        // The library only reads from it; its interface predates const.
        bind.buffer = const_cast<char*>(text.data() ? text.data() : "");
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer_length = text.size();
    };
    if (std::holds_alternative<std::monostate>(value)) {
        bind.buffer_type = MYSQL_TYPE_NULL;
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        bind.buffer = const_cast<std::int64_t*>(number);
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
    } else if (const auto* positive = std::get_if<std::uint64_t>(&value)) {
        bind.buffer = const_cast<std::uint64_t*>(positive);
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.is_unsigned = true;
    } else if (const auto* view = std::get_if<std::string_view>(&value)) {
        bytes(*view);
    } else {
        bytes(std::get<std::string>(value));
    }
    return bind;
}

} // namespace

PreparedStatement::PreparedStatement(MYSQL* connection, const Statement& statement, bool& broken)
    : name_(statement.name), connection_(connection), broken_(broken), handle_(mysql_stmt_init(connection)) {
    if (!handle_) throw core::Error(core::ErrorKind::internal, "no memory for a prepared statement");
    if (mysql_stmt_prepare(handle_.get(), statement.text.data(), statement.text.size()) != 0) fail();
}

void PreparedStatement::fail() {
    // An error that arrives between the rows (a deadlock, a time limit) is left on the connection alone.
    const bool onStatement = mysql_stmt_errno(handle_.get()) != 0;
    const auto number = onStatement ? mysql_stmt_errno(handle_.get()) : mysql_errno(connection_);
    broken_ = broken_ || number == 0 || breaksConnection(number);
    throwDatabaseError(number, onStatement ? mysql_stmt_error(handle_.get()) : mysql_error(connection_),
                       name_);
}

void PreparedStatement::run(std::span<const Parameter> parameters) {
    if (const auto places = mysql_stmt_param_count(handle_.get()); places != parameters.size()) {
        throw core::Error(core::ErrorKind::internal,
                          fmt::format("{} takes {} parameters, not {}", name_, places, parameters.size()));
    }
    std::vector<MYSQL_BIND> binds;
    binds.reserve(parameters.size());
    for (const auto& parameter : parameters) binds.push_back(bind(parameter.value()));
    if (!binds.empty() && mysql_stmt_bind_param(handle_.get(), binds.data()) != 0) fail();
    if (mysql_stmt_execute(handle_.get()) != 0) fail();
}

std::uint64_t PreparedStatement::execute(std::span<const Parameter> parameters) {
    run(parameters);
    const FreeResult free{handle_.get()};
    return mysql_stmt_affected_rows(handle_.get());
}

std::int64_t PreparedStatement::insertId() const {
    return static_cast<std::int64_t>(mysql_stmt_insert_id(handle_.get()));
}

void PreparedStatement::bindResult() {
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> metadata{
        mysql_stmt_result_metadata(handle_.get()), &mysql_free_result};
    if (!metadata) {
        throw core::Error(core::ErrorKind::internal, fmt::format("{} has no result", name_));
    }
    const auto* fields = mysql_fetch_fields(metadata.get());
    columns_.resize(mysql_num_fields(metadata.get()));
    binds_.assign(columns_.size(), MYSQL_BIND{});
    for (std::size_t place = 0; place < columns_.size(); ++place) {
        auto& column = columns_[place];
        auto& bind = binds_[place];
        switch (fields[place].type) {
        case MYSQL_TYPE_TINY:
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
        case MYSQL_TYPE_YEAR:
            column.form = (fields[place].flags & UNSIGNED_FLAG) != 0 ? Column::Form::unsignedInteger
                                                                     : Column::Form::integer;
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = &column.number;
            bind.buffer_length = sizeof column.number;
            bind.is_unsigned = column.form == Column::Form::unsignedInteger;
            break;
        default:
            // SUM() of integers is a DECIMAL without places, and means an integer.
            column.form = fields[place].type == MYSQL_TYPE_NEWDECIMAL && fields[place].decimals == 0
                              ? Column::Form::wholeDecimal
                              : Column::Form::bytes;
            bind.buffer_type = MYSQL_TYPE_STRING;
            bind.buffer = column.buffer.data();
            bind.buffer_length = column.buffer.size();
        }
        bind.is_null = &column.null;
        bind.length = &column.length;
    }
    if (mysql_stmt_bind_result(handle_.get(), binds_.data()) != 0) fail();
}

Row::Cell PreparedStatement::read(unsigned place) {
    const auto& column = columns_[place];
    if (column.null != 0) return std::monostate{};
    if (column.form == Column::Form::integer) return std::int64_t{column.number};
    if (column.form == Column::Form::unsignedInteger) return static_cast<std::uint64_t>(column.number);
    if (column.length > column.buffer.size()) {
        std::string text(column.length, '\0');
        MYSQL_BIND bind{};
        unsigned long length = 0;
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer = text.data();
        bind.buffer_length = text.size();
        bind.length = &length;
        if (mysql_stmt_fetch_column(handle_.get(), &bind, place, 0) != 0) fail();
        return text;
    }
    std::string text{column.buffer.data(), column.length};
    if (column.form == Column::Form::wholeDecimal) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
    }
    return text; // a DECIMAL beyond 64 bits stays text: Row::integer() then refuses it
}

Rows PreparedStatement::query(std::span<const Parameter> parameters) {
    run(parameters);
    const FreeResult free{handle_.get()};
    bindResult();
    Rows rows;
    for (;;) {
        const int outcome = mysql_stmt_fetch(handle_.get());
        if (outcome == MYSQL_NO_DATA) return rows;
        if (outcome != 0 && outcome != MYSQL_DATA_TRUNCATED) fail();
        std::vector<Row::Cell> cells;
        cells.reserve(columns_.size());
        for (unsigned place = 0; place < columns_.size(); ++place) cells.push_back(read(place));
        rows.emplace_back(std::move(cells));
    }
}

} // namespace outboxd::database
