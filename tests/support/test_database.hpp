// A schema of its own for each test, on the real server; dropped at the end.
#pragma once

#include "platform/database/migrator.hpp"
#include "platform/database/session.hpp"
#include "sql/migrations.hpp"
#include "tests/support/stack_env.hpp"

#include <atomic>
#include <exception>
#include <string>

#include <unistd.h>

namespace outboxd::testing {

enum class Schema { empty, migrated };

// Link with `sql`. Tests that read or write shared server state use their own server instead.
class TestDatabase {
public:
    explicit TestDatabase(Schema schema = Schema::migrated) : settings_(server()) {
        settings_.schema = uniqueName();
        database::Session admin{server()};
        admin.textExecute("CREATE DATABASE `" + settings_.schema + "` CHARACTER SET utf8mb4");
        if (schema == Schema::migrated) database::Migrator{settings_, sql::migrations}.apply();
    }

    ~TestDatabase() {
        try {
            database::Session admin{server()};
            admin.textExecute("DROP DATABASE `" + settings_.schema + "`");
        } catch (const std::exception&) {
            // The server is gone with the test's data; the test has said so.
        }
    }

    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    // A copy to change at will.
    database::ConnectionSettings settings() const { return settings_; }
    const std::string& name() const { return settings_.schema; }

    // How to reach the server as an administrator, without a schema.
    static database::ConnectionSettings server() {
        const StackEnv env;
        database::ConnectionSettings settings;
        settings.host = env.at("OUTBOXD_TEST_DB_HOST");
        settings.port = static_cast<unsigned>(std::stoul(env.at("OUTBOXD_TEST_DB_PORT")));
        settings.socket = env.get("OUTBOXD_TEST_DB_SOCKET");
        settings.user = env.at("OUTBOXD_TEST_DB_USER");
        settings.password = env.get("OUTBOXD_TEST_DB_PASSWORD");
        return settings;
    }

private:
    static std::string uniqueName() {
        static std::atomic<int> count{0};
        return "outboxd_test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
    }

    database::ConnectionSettings settings_;
};

} // namespace outboxd::testing
