// One connection to MariaDB or MySQL through libmariadb's C API.
#pragma once

#include "platform/database/value.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

namespace outboxd::database {

struct ConnectionSettings {
    std::string host = "127.0.0.1"; // with `socket` empty
    unsigned port = 3306;
    std::string socket; // path of the server's Unix socket; preferred when set
    std::string user;
    std::string password;
    std::string schema;
    // For reaching the server and for its greeting. The client library counts in whole seconds: rounded up.
    std::chrono::milliseconds connectTimeout{5000};
    // The server is told to end a statement itself after this time (MySQL: SELECT only). The socket is given up
    // between one and two seconds later, so that a stalled server or a cut network is the only case left.
    std::chrono::milliseconds statementTimeout{10000};
    // How long a statement waits for a row lock (innodb_lock_wait_timeout, whole seconds, at least 1).
    std::chrono::seconds lockWait{3};
};

// Not thread-safe: one thread at a time. Every connection has autocommit on, READ COMMITTED, time zone +00:00,
// utf8mb4, strict SQL mode, and CLIENT_FOUND_ROWS (an UPDATE to the same value counts as one row, as in Java);
// no LOCAL INFILE, no reconnecting behind the caller's back.
// After an error of kind unavailable or outcome_unknown the session is broken() and must be dropped.
class Session {
public:
    // Connects. Throws Error: unavailable, overloaded, or misconfigured with the setting to change.
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
    // Asks the server to parse it, and nothing else. Throws like `query`.
    void prepare(const Statement& statement);
    // AUTO_INCREMENT value given by the last INSERT of this session (of several rows: the first one's).
    std::int64_t lastInsertId() const { return lastInsertId_; }

    // The text protocol, for batches: `sql` is sent as it is, so it must hold nothing that came from outside
    // but numbers and quoted() literals. Each cell of a row is its text, or a null view for NULL; both live
    // until `onRow` returns, which must not use the session. Returns the number of rows.
    using TextRow = std::span<const std::string_view>;
    std::uint64_t textQuery(const std::string& sql, const std::function<void(TextRow)>& onRow);
    std::uint64_t textExecute(const std::string& sql);
    // `bytes` as an SQL string literal with its quotes.
    std::string quoted(std::string_view bytes);

    void begin();
    // Throws Error(outcome_unknown) if the connection was lost, or anything else but a conflict came back,
    // while the server may have been committing. contention: certainly not committed.
    void commit();
    void rollback() noexcept; // a failed rollback breaks the session; the server then rolls back by itself
    // Also true for a transaction that was opened by a statement's text.
    bool inTransaction() const;

    bool broken() const { return broken_; }
    // Forgets all session state (mysql_reset_connection) and prepares it as new. False if it is broken.
    bool reset() noexcept;
    bool ping() noexcept;

private:
    struct State;

    void connect();
    void initialise();
    void requireUsable(const std::string& doing) const;
    [[noreturn]] void fail(const std::string& doing);
    std::uint64_t runText(const std::string& sql, const std::string& doing);

    const ConnectionSettings settings_;
    std::unique_ptr<State> state_;
    std::int64_t lastInsertId_ = 0;
    bool inTransaction_ = false;
    bool broken_ = false;
};

} // namespace outboxd::database
