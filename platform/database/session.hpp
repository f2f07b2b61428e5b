// One connection to MariaDB or MySQL through libmariadb's C API.
#pragma once

#include "platform/database/value.hpp"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

struct st_mysql;

namespace outboxd::database {

struct ConnectionSettings {
    std::string host = "127.0.0.1"; // with `socket` empty
    unsigned port = 3306;
    std::string socket; // path of the server's Unix socket; preferred when set
    std::string user;
    std::string password;
    std::string schema;
    std::chrono::milliseconds connectTimeout{5000};
    // How long to wait for the server's answer to one statement before the connection is given up. The server
    // is told to end the statement itself a little earlier, so that a stalled server is the only case left.
    std::chrono::milliseconds statementTimeout{10000};
};

// Not thread-safe: one thread at a time. Every connection has autocommit on, READ COMMITTED, time zone +00:00,
// utf8mb4, strict SQL mode, and CLIENT_FOUND_ROWS (an UPDATE to the same value counts as one row, as in Java).
// After an error of kind unavailable, timeout or outcome_unknown the session is broken and must be dropped.
class Session {
public:
    // Connects. Throws Error: unavailable, or misconfigured with the setting to change.
    explicit Session(const ConnectionSettings& settings);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Runs a statement, prepared once per session. `execute` returns the number of matched rows.
    // Throws Error, DuplicateKey or LockNotAvailable.
    Rows query(const Statement& statement, std::initializer_list<Parameter> parameters = {});
    std::uint64_t execute(const Statement& statement, std::initializer_list<Parameter> parameters = {});
    // The same with a list built at run time.
    Rows queryWith(const Statement& statement, std::span<const Parameter> parameters);
    std::uint64_t executeWith(const Statement& statement, std::span<const Parameter> parameters);
    // AUTO_INCREMENT value given by the last INSERT of this session.
    std::int64_t lastInsertId() const;

    // The text protocol, for batches: `sql` is sent as it is, so it must hold nothing that came from outside
    // but numbers and quoted() literals. Each cell of a row is its text, or a null view for NULL.
    using TextRow = std::span<const std::string_view>;
    std::uint64_t textQuery(const std::string& sql, const std::function<void(TextRow)>& onRow);
    std::uint64_t textExecute(const std::string& sql);
    // `bytes` as an SQL string literal with its quotes.
    std::string quoted(std::string_view bytes);

    void begin();
    // Throws Error(outcome_unknown) if the connection was lost while the server may have been committing.
    void commit();
    void rollback() noexcept; // a failed rollback breaks the session; the server then rolls back by itself
    bool inTransaction() const { return inTransaction_; }

    bool broken() const { return broken_; }
    // Forgets all session state (mysql_reset_connection) and prepares it as new. False if it is broken.
    bool reset() noexcept;
    bool ping() noexcept;
    core::Instant::duration age() const;

private:
    class Prepared;
    struct State;

    Prepared& prepared(const Statement& statement);
    void initialise();
    [[noreturn]] void fail(const std::string& doing);
    void runText(const std::string& sql, const std::string& doing);

    std::unique_ptr<State> state_;
    std::chrono::milliseconds statementTimeout_;
    bool inTransaction_ = false;
    bool broken_ = false;
};

} // namespace outboxd::database
