// What the programs of `./dev bench relay` share: a connection, and the options to make one.
#pragma once

#include <CLI/CLI.hpp>
#include <mysql.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace outboxd::bench {

using Clock = std::chrono::steady_clock;

struct BareDatabaseOptions {
    std::string host = "127.0.0.1", user, passwordFile, schema;
    unsigned port = 3306;

    void addTo(CLI::App& app) {
        app.add_option("--db-host", host);
        app.add_option("--db-port", port)->required();
        app.add_option("--db-user", user)->required();
        app.add_option("--db-password-file", passwordFile)->required();
        app.add_option("--schema", schema)->required();
    }
};

// A connection in the text protocol. Throws std::runtime_error; nothing is retried.
class BareConnection {
public:
    explicit BareConnection(const BareDatabaseOptions& options) : handle_(mysql_init(nullptr)) {
        std::string password;
        std::getline(std::ifstream(options.passwordFile), password);
        if (mysql_real_connect(handle_.get(), options.host.c_str(), options.user.c_str(), password.c_str(),
                               options.schema.c_str(), options.port, nullptr,
                               CLIENT_MULTI_STATEMENTS | CLIENT_FOUND_ROWS) == nullptr)
            fail();
        run("SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION innodb_lock_wait_timeout = 3");
        run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    }

    MYSQL* get() const { return handle_.get(); }
    [[noreturn]] void fail() const { throw std::runtime_error(mysql_error(handle_.get())); }

    // All statements of `sql`; the rows that the last of them affected, or returned.
    std::int64_t run(std::string_view sql) {
        if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail();
        std::int64_t count = 0;
        for (int more = 0; more == 0; more = mysql_next_result(handle_.get())) {
            if (auto* result = mysql_store_result(handle_.get())) {
                count = static_cast<std::int64_t>(mysql_num_rows(result));
                mysql_free_result(result);
            } else {
                count = static_cast<std::int64_t>(mysql_affected_rows(handle_.get()));
            }
        }
        if (mysql_errno(handle_.get()) != 0) fail();
        return count;
    }

    // Rows as they arrive.
    template <class OnRow> void rows(std::string_view sql, OnRow&& onRow) {
        if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail();
        auto* result = mysql_use_result(handle_.get());
        if (result == nullptr) fail();
        while (auto* row = mysql_fetch_row(result)) onRow(row, mysql_fetch_lengths(result));
        mysql_free_result(result);
        if (mysql_errno(handle_.get()) != 0) fail();
    }

    std::int64_t number(std::string_view sql) {
        std::int64_t value = 0;
        rows(sql, [&](MYSQL_ROW row, unsigned long*) { value = row[0] == nullptr ? 0 : std::stoll(row[0]); });
        return value;
    }

private:
    struct Close {
        void operator()(MYSQL* handle) const { mysql_close(handle); }
    };
    std::unique_ptr<MYSQL, Close> handle_;
};

} // namespace outboxd::bench
