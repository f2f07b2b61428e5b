// One server-side prepared statement. Used by Session only.
#pragma once

#include "platform/database/value.hpp"

#include <mysql.h>

#include <array>
#include <memory>
#include <span>
#include <string>

namespace outboxd::database {

class PreparedStatement {
public:
    // Prepares. `broken` is set when an error means that the connection is lost; it outlives this object.
    PreparedStatement(MYSQL* connection, const Statement& statement, bool& broken);

    Rows query(std::span<const Parameter> parameters);
    std::uint64_t execute(std::span<const Parameter> parameters);
    std::int64_t insertId() const;

private:
    // Longer values are fetched straight into the row, so that no column reserves its type's maximum.
    static constexpr std::size_t kInline = 256;

    struct Column {
        enum class Form { integer, unsignedInteger, wholeDecimal, bytes } form = Form::bytes;
        long long number = 0;
        unsigned long length = 0;
        char null = 0;
        std::array<char, kInline> buffer{};
    };
    struct Close {
        void operator()(MYSQL_STMT* handle) const noexcept { mysql_stmt_close(handle); }
    };

    void run(std::span<const Parameter> parameters);
    void bindResult();
    Row::Cell read(unsigned place);
    [[noreturn]] void fail();

    std::string name_;
    MYSQL* connection_;
    bool& broken_;
    std::unique_ptr<MYSQL_STMT, Close> handle_;
    std::vector<Column> columns_;
    std::vector<MYSQL_BIND> binds_;
};

} // namespace outboxd::database
