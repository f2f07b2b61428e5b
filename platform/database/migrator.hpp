// Brings the schema to the program's version: numbered files, applied once each, in order, never changed.
#pragma once

#include "platform/database/session.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::database {

// One file of sql/migrations. `name` starts with its number: "0002_outbox". Both views live for ever.
struct Migration {
    std::string_view name;
    std::string_view text;
};

// The table schema_migration remembers what was applied: number, name, SHA-256 of the text, when, how long, and
// while a file runs how many of its statements are done. DDL cannot be rolled back, so a file that failed half
// way is refused from then on, with the statement that failed and what to do; one that failed at its first
// statement has left nothing and is simply tried again.
//
// One thread at a time; connects anew for each call. Migrators of several nodes exclude each other by a named
// lock of the server.
class Migrator {
public:
    struct Settings {
        std::chrono::seconds lockWait{60}; // how long to wait for another node's migration
        std::chrono::seconds statementLimit{
            3600}; // one statement's longest time; changing a large table is slow
    };

    enum class State {
        applied,
        pending,
        unfinished, // failed or was interrupted half way
        changed,    // the text is not the one that was applied
        unknown,    // applied by a newer program, or under another name
    };
    struct Status {
        std::uint32_t version = 0;
        std::string name;
        State state = State::pending;
        std::string detail; // for unfinished: which statement, and the server's words
    };

    // `migrations` in ascending order of number; must outlive the migrator.
    Migrator(ConnectionSettings connection, std::span<const Migration> migrations, Settings settings);
    Migrator(ConnectionSettings connection, std::span<const Migration> migrations)
        : Migrator(std::move(connection), migrations, Settings{}) {}

    // Applies what is pending and returns the names. Throws Error: misconfigured (server too old, schema or
    // privilege missing, changed, unknown or unfinished migration; each with what to do), timeout (another
    // migration is running), or what the failing statement raised.
    std::vector<std::string> apply();

    // Every known or applied migration by number; changes nothing.
    std::vector<Status> status();

    // For start-up: the names not applied yet. Throws Error(misconfigured) as apply() does.
    std::vector<std::string> pending();

private:
    std::vector<Status> compare(Session& session) const;
    void run(Session& session, std::uint32_t version, const Migration& migration) const;

    ConnectionSettings connection_;
    std::span<const Migration> migrations_;
    Settings settings_;
};

// Why a server of this version (SELECT VERSION()) cannot be used; empty if it can: MariaDB 10.6 or newer (SKIP
// LOCKED), MySQL 8.0.16 or newer (CHECK constraints).
std::optional<std::string> refusedServer(std::string_view version);

} // namespace outboxd::database
