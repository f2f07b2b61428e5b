#include "platform/database/session.hpp"

#include "platform/database/errors.hpp"
#include "platform/database/prepared_statement.hpp"

#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace outboxd::database {
namespace {

struct Close {
    void operator()(MYSQL* handle) const noexcept { mysql_close(handle); }
};

struct FreeResult {
    void operator()(MYSQL_RES* result) const noexcept { mysql_free_result(result); } // reads what is left
};

unsigned wholeSeconds(std::chrono::milliseconds time) {
    return static_cast<unsigned>(
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count()));
}

void initialiseLibraryOnce() {
    static std::once_flag once; // mysql_init does it on demand, but not safely from two threads
    std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

void setOption(MYSQL* handle, mysql_option option, unsigned value) { mysql_optionsv(handle, option, &value); }

} // namespace

struct Session::State {
    std::unique_ptr<MYSQL, Close> handle;
    // By the address of the statement's text, which is a constant. Closed before the connection.
    std::unordered_map<const char*, PreparedStatement> statements;

    PreparedStatement& prepared(const Statement& statement, bool& broken) {
        const auto found = statements.find(statement.text.data());
        if (found != statements.end()) return found->second;
        return statements.emplace(statement.text.data(), PreparedStatement{handle.get(), statement, broken})
            .first->second;
    }
};

Session::Session(const ConnectionSettings& settings)
    : settings_(settings), state_(std::make_unique<State>()) {
    initialiseLibraryOnce();
    connect();
    initialise();
}

Session::~Session() = default;

void Session::connect() {
    state_->handle.reset(mysql_init(nullptr));
    auto* handle = state_->handle.get();
    if (handle == nullptr)
        throw core::Error(core::ErrorKind::internal, "no memory for a database connection");
    const bool local = !settings_.socket.empty();
    setOption(handle, MYSQL_OPT_CONNECT_TIMEOUT, wholeSeconds(settings_.connectTimeout));
    const auto patience = wholeSeconds(settings_.statementTimeout) + 1;
    setOption(handle, MYSQL_OPT_READ_TIMEOUT, patience);
    setOption(handle, MYSQL_OPT_WRITE_TIMEOUT, patience);
    setOption(handle, MYSQL_OPT_PROTOCOL, local ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP);
    setOption(handle, MYSQL_OPT_LOCAL_INFILE, 0);
    const my_bool no = 0;
    mysql_optionsv(handle, MYSQL_OPT_RECONNECT, &no);
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(handle, local ? nullptr : settings_.host.c_str(), settings_.user.c_str(),
                           settings_.password.c_str(),
                           settings_.schema.empty() ? nullptr : settings_.schema.c_str(),
                           local ? 0 : settings_.port, local ? settings_.socket.c_str() : nullptr,
                           CLIENT_FOUND_ROWS) == nullptr) {
        fail(local ? fmt::format("connecting to {}", settings_.socket)
                   : fmt::format("connecting to {}:{}", settings_.host, settings_.port));
    }
}

void Session::initialise() {
    const auto limit = settings_.statementTimeout.count();
    const auto timeLimit = mariadb_connection(state_->handle.get()) != 0
                               ? fmt::format("max_statement_time = {}.{:03}", limit / 1000, limit % 1000)
                               : fmt::format("max_execution_time = {}", limit);
    runText(fmt::format(
                "SET NAMES utf8mb4, SESSION autocommit = 1, SESSION time_zone = '+00:00', SESSION sql_mode = "
                "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
                "NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = {}, SESSION {}",
                std::max<std::int64_t>(1, settings_.lockWait.count()), timeLimit),
            "preparing the session");
    // As a statement: the variable is called tx_isolation on MariaDB and transaction_isolation on MySQL.
    runText("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "preparing the session");
}

void Session::requireUsable(const std::string& doing) const {
    if (broken_) throw core::Error(core::ErrorKind::unavailable, doing + ": the connection was lost earlier");
}

void Session::fail(const std::string& doing) {
    const auto number = mysql_errno(state_->handle.get());
    broken_ = broken_ || breaksConnection(number);
    throwDatabaseError(number, mysql_error(state_->handle.get()), doing);
}

Rows Session::query(const Statement& statement, std::initializer_list<Parameter> parameters) {
    return queryWith(statement, {parameters.begin(), parameters.size()});
}

std::uint64_t Session::execute(const Statement& statement, std::initializer_list<Parameter> parameters) {
    return executeWith(statement, {parameters.begin(), parameters.size()});
}

Rows Session::queryWith(const Statement& statement, std::span<const Parameter> parameters) {
    requireUsable(std::string{statement.name});
    return state_->prepared(statement, broken_).query(parameters);
}

std::uint64_t Session::executeWith(const Statement& statement, std::span<const Parameter> parameters) {
    requireUsable(std::string{statement.name});
    auto& prepared = state_->prepared(statement, broken_);
    const auto matched = prepared.execute(parameters);
    if (const auto id = prepared.insertId(); id != 0) lastInsertId_ = id;
    return matched;
}

void Session::prepare(const Statement& statement) {
    requireUsable(std::string{statement.name});
    state_->prepared(statement, broken_);
}

std::uint64_t Session::textQuery(const std::string& sql, const std::function<void(TextRow)>& onRow) {
    const std::string doing = "text query";
    requireUsable(doing);
    auto* handle = state_->handle.get();
    if (mysql_real_query(handle, sql.data(), sql.size()) != 0) fail(doing);
    const std::unique_ptr<MYSQL_RES, FreeResult> result{mysql_use_result(handle)};
    if (!result) {
        if (mysql_errno(handle) != 0) fail(doing);
        throw core::Error(core::ErrorKind::internal, "text query: the statement has no result");
    }
    std::vector<std::string_view> cells(mysql_num_fields(result.get()));
    std::uint64_t rows = 0;
    while (const auto row = mysql_fetch_row(result.get())) {
        const auto* lengths = mysql_fetch_lengths(result.get());
        for (std::size_t column = 0; column < cells.size(); ++column) {
            cells[column] =
                row[column] == nullptr ? std::string_view{} : std::string_view{row[column], lengths[column]};
        }
        ++rows;
        onRow(cells);
    }
    if (mysql_errno(handle) != 0) fail(doing);
    return rows;
}

std::uint64_t Session::textExecute(const std::string& sql) { return runText(sql, "text statement"); }

std::uint64_t Session::runText(const std::string& sql, const std::string& doing) {
    requireUsable(doing);
    auto* handle = state_->handle.get();
    if (mysql_real_query(handle, sql.data(), sql.size()) != 0) fail(doing);
    if (mysql_field_count(handle) != 0) {
        const std::unique_ptr<MYSQL_RES, FreeResult> unwanted{mysql_use_result(handle)};
        while (unwanted && mysql_fetch_row(unwanted.get()) != nullptr) {
        }
        if (mysql_errno(handle) != 0) fail(doing); // a SELECT may fail after its first rows
        return 0;
    }
    if (const auto id = mysql_insert_id(handle); id != 0) lastInsertId_ = static_cast<std::int64_t>(id);
    return mysql_affected_rows(handle);
}

std::string Session::quoted(std::string_view bytes) {
    std::string literal(bytes.size() * 2 + 3, '\'');
    const auto length =
        mysql_real_escape_string(state_->handle.get(), literal.data() + 1, bytes.data(), bytes.size());
    literal.resize(length + 2);
    literal.back() = '\'';
    return literal;
}

void Session::begin() {
    if (inTransaction()) throw core::Error(core::ErrorKind::internal, "a transaction is already open");
    runText("START TRANSACTION", "starting a transaction");
    inTransaction_ = true;
}

void Session::commit() {
    try {
        requireUsable("committing");
    } catch (...) {
        inTransaction_ = false; // never sent: the server rolls back what it had
        throw;
    }
    try {
        runText("COMMIT", "committing");
        inTransaction_ = false;
    } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::contention) throw;
        broken_ = true;
        inTransaction_ = false;
        throw core::Error(core::ErrorKind::outcome_unknown, error.what(),
                          "the change may have been committed; look before doing it again");
    }
}

void Session::rollback() noexcept {
    if (!inTransaction()) return;
    inTransaction_ = false;
    if (broken_) return;
    try {
        runText("ROLLBACK", "rolling back");
    } catch (...) {
        broken_ = true;
    }
}

bool Session::inTransaction() const {
    return inTransaction_ || (!broken_ && (state_->handle->server_status & SERVER_STATUS_IN_TRANS) != 0);
}

bool Session::reset() noexcept {
    if (broken_) return false;
    inTransaction_ = false;
    lastInsertId_ = 0;
    try {
        if (mysql_reset_connection(state_->handle.get()) != 0) fail("resetting the session");
        state_->statements.clear(); // the server has forgotten them
        initialise();
    } catch (...) {
        broken_ = true;
    }
    return !broken_;
}

bool Session::ping() noexcept {
    if (!broken_ && mysql_ping(state_->handle.get()) != 0) broken_ = true;
    return !broken_;
}

} // namespace outboxd::database
