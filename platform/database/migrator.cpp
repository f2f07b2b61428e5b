#include "platform/database/migrator.hpp"

#include "platform/core/error.hpp"
#include "platform/database/sql_script.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace outboxd::database {
namespace {

using core::ErrorKind;

// sql: the ledger of the migrations is this file's own; platform/database knows nothing of sql/.
constexpr Statement kVersion{"migration.server_version", "SELECT VERSION()"};
// The server's named locks are global, so the schema is part of the name; 64 characters at most.
constexpr Statement kLock{"migration.lock",
                          "SELECT GET_LOCK(CONCAT('outboxd-migrate-', SHA1(DATABASE())), ?)"};
constexpr Statement kTableExists{"migration.table_exists",
                                 "SELECT COUNT(*) FROM information_schema.tables "
                                 "WHERE table_schema = DATABASE() AND table_name = 'schema_migration'"};
constexpr Statement kApplied{
    "migration.applied",
    "SELECT version, name, checksum, state, statements_done, error FROM schema_migration"};
constexpr Statement kStart{"migration.start", "INSERT INTO schema_migration (version, name, checksum, state, "
                                              "statements_done, applied_at) "
                                              "VALUES (?, ?, ?, 'STARTED', 0, UTC_TIMESTAMP(6))"};
constexpr Statement kProgress{"migration.progress",
                              "UPDATE schema_migration SET statements_done = ?, error = ? WHERE version = ?"};
constexpr Statement kForget{"migration.forget", "DELETE FROM schema_migration WHERE version = ?"};
constexpr Statement kFinish{"migration.finish",
                            "UPDATE schema_migration SET state = 'APPLIED', error = NULL, duration_ms = "
                            "TIMESTAMPDIFF(MICROSECOND, applied_at, UTC_TIMESTAMP(6)) DIV 1000, "
                            "applied_at = UTC_TIMESTAMP(6) WHERE version = ?"};

constexpr const char* kTable = "CREATE TABLE IF NOT EXISTS schema_migration ("
                               "version INT UNSIGNED NOT NULL, "
                               "name VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, "
                               "checksum CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, "
                               "state ENUM('STARTED','APPLIED') NOT NULL, "
                               "statements_done INT UNSIGNED NOT NULL, "
                               "error VARCHAR(1000) NULL, "
                               "applied_at DATETIME(6) NOT NULL, "
                               "duration_ms BIGINT NULL, "
                               "PRIMARY KEY (version)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

std::string sha256(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
        throw core::Error(ErrorKind::internal, "cannot compute SHA-256");
    }
    std::string hex;
    for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

std::uint32_t versionOf(std::string_view name) {
    std::uint32_t version = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
    if (error != std::errc{} || version == 0 || end == name.data() + name.size() || *end != '_') {
        throw core::Error(ErrorKind::internal, fmt::format("migration {} is not named NNNN_subject", name));
    }
    return version;
}

// One line of a statement, short enough for a message.
std::string summary(std::string_view statement) {
    std::string line{statement.substr(0, 70)};
    std::replace(line.begin(), line.end(), '\n', ' ');
    return statement.size() > line.size() ? line + "..." : line;
}

std::string repair(std::uint32_t version) {
    return fmt::format(
        "its earlier statements have taken effect. Either finish the rest by hand and then UPDATE "
        "schema_migration SET state = 'APPLIED' WHERE version = {0}; or undo what it did, DELETE FROM "
        "schema_migration WHERE version = {0}, and run outboxd migrate again",
        version);
}

void refuse(const Migrator::Status& status) {
    switch (status.state) {
    case Migrator::State::applied:
    case Migrator::State::pending: return;
    case Migrator::State::unfinished:
        throw core::Error(ErrorKind::misconfigured,
                          fmt::format("migration {} stopped half way {}", status.name, status.detail),
                          repair(status.version));
    case Migrator::State::changed:
        throw core::Error(
            ErrorKind::misconfigured,
            fmt::format("migration {} was changed after it had been applied", status.name),
            "an applied migration is never edited: use the program it came with, and put the change into "
            "a new migration");
    case Migrator::State::unknown:
        throw core::Error(
            ErrorKind::misconfigured,
            fmt::format("the schema has migration {}, which this program does not know", status.name),
            "the schema belongs to a newer outboxd: install that version, or check database.name");
    }
}

} // namespace

std::optional<std::string> refusedServer(std::string_view version) {
    std::array<int, 3> parts{};
    const char* at = version.data();
    const char* const end = version.data() + version.size();
    for (auto& part : parts) {
        const auto [next, error] = std::from_chars(at, end, part);
        if (error != std::errc{}) break;
        at = next != end && *next == '.' ? next + 1 : next;
    }
    const bool maria = version.find("MariaDB") != std::string_view::npos;
    if (parts >= (maria ? std::array{10, 6, 0} : std::array{8, 0, 16})) return std::nullopt;
    return fmt::format("the server is {}, but outboxd needs MariaDB 10.6 or MySQL 8.0.16, or newer", version);
}

Migrator::Migrator(ConnectionSettings connection, std::span<const Migration> migrations, Settings settings)
    : connection_(std::move(connection)), migrations_(migrations), settings_(settings) {
    // The wait for the lock is a statement too.
    connection_.statementTimeout =
        std::max(settings_.statementLimit, settings_.lockWait + std::chrono::seconds{5});
}

std::vector<Migrator::Status> Migrator::compare(Session& session) const {
    std::map<std::uint32_t, Status> all;
    for (const auto& migration : migrations_) {
        const auto version = versionOf(migration.name);
        if (!all.empty() && all.rbegin()->first >= version) {
            throw core::Error(ErrorKind::internal,
                              fmt::format("migration {} is out of order", migration.name));
        }
        all[version] = {version, std::string{migration.name}, State::pending, {}};
    }
    Rows applied;
    if (session.query(kTableExists).front().integer(0) != 0) applied = session.query(kApplied);
    for (const auto& row : applied) {
        const auto version = static_cast<std::uint32_t>(row.integer(0));
        const auto known =
            std::find_if(migrations_.begin(), migrations_.end(), [&](const Migration& migration) {
                return versionOf(migration.name) == version && migration.name == row.bytes(1);
            });
        auto& status = all[version];
        if (known == migrations_.end()) {
            status = {version, row.bytes(1), State::unknown, {}};
        } else if (row.bytes(3) == "STARTED") {
            status.state = State::unfinished;
            status.detail = fmt::format("after {} statements: {}", row.integer(4),
                                        row.maybeBytes(5).value_or("it was interrupted"));
        } else {
            status.state = row.bytes(2) == sha256(known->text) ? State::applied : State::changed;
        }
    }
    std::vector<Status> result;
    for (auto& [version, status] : all) result.push_back(std::move(status));
    return result;
}

std::vector<Migrator::Status> Migrator::status() {
    Session session{connection_};
    return compare(session);
}

std::vector<std::string> Migrator::pending() {
    std::vector<std::string> names;
    for (const auto& status : status()) {
        refuse(status);
        if (status.state == State::pending) names.push_back(status.name);
    }
    return names;
}

std::vector<std::string> Migrator::apply() {
    Session session{connection_}; // the named lock ends with it
    if (const auto why = refusedServer(session.query(kVersion).front().bytes(0))) {
        throw core::Error(ErrorKind::misconfigured, *why, "upgrade the server that database.host points at");
    }
    const auto locked = session.query(kLock, {settings_.lockWait.count()});
    if (locked.front().maybeInteger(0) != 1) {
        throw core::Error(ErrorKind::timeout, "another migration of this schema is still running",
                          "wait for it, or look for its session with SHOW PROCESSLIST");
    }
    session.textExecute(kTable);
    const auto all = compare(session);
    std::for_each(all.begin(), all.end(), refuse); // all of them, before anything is changed
    std::vector<std::string> names;
    for (const auto& migration : migrations_) {
        const auto version = versionOf(migration.name);
        const auto is = [version](const Status& status) { return status.version == version; };
        if (std::find_if(all.begin(), all.end(), is)->state != State::pending) continue;
        run(session, version, migration);
        names.emplace_back(migration.name);
    }
    return names;
}

void Migrator::run(Session& session, std::uint32_t version, const Migration& migration) const {
    const auto statements = splitStatements(migration.text);
    session.execute(kStart, {version, migration.name, sha256(migration.text)});
    for (std::size_t done = 0; done < statements.size(); ++done) {
        try {
            session.textExecute(std::string{statements[done]});
        } catch (const core::Error& error) {
            const auto what =
                fmt::format("migration {} failed at statement {} of {} ({}): {}", migration.name, done + 1,
                            statements.size(), summary(statements[done]), error.what());
            // A lost connection leaves the row as it is: nobody knows whether the statement took effect.
            if (session.broken()) throw core::Error(error.kind(), what, repair(version));
            if (done == 0) {
                session.execute(kForget, {version});
                throw core::Error(error.kind(), what, error.hint());
            }
            session.execute(kProgress, {done, what.substr(0, 500), version});
            const auto cause = error.hint().empty() ? std::string{} : error.hint() + "; ";
            throw core::Error(error.kind(), what, cause + repair(version));
        }
        session.execute(kProgress, {done + 1, std::nullopt, version});
    }
    session.execute(kFinish, {version});
}

} // namespace outboxd::database
