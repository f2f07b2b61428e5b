// A database user with few privileges, for one test.
#pragma once

#include "platform/database/session.hpp"
#include "tests/support/test_database.hpp"

#include <exception>
#include <string>

namespace outboxd::testing {

class LimitedUser {
public:
    // `privileges` on the schema of `database`, e.g. "SELECT, INSERT".
    LimitedUser(const TestDatabase& database, const std::string& privileges)
        : settings_(database.settings()) {
        settings_.user = database.name() + "_u";
        settings_.password = "pw";
        database::Session admin{TestDatabase::server()};
        // Twice, for the anonymous user of a fresh installation is closer to 'localhost' than '%' is.
        for (const auto* host : kHosts) {
            admin.textExecute("CREATE USER " + account(host) + " IDENTIFIED BY 'pw'");
            admin.textExecute("GRANT " + privileges + " ON `" + database.name() + "`.* TO " + account(host));
        }
    }
    ~LimitedUser() {
        try {
            database::Session admin{TestDatabase::server()};
            for (const auto* host : kHosts) admin.textExecute("DROP USER " + account(host));
        } catch (const std::exception&) {
            // The server is gone, and the user with it.
        }
    }
    LimitedUser(const LimitedUser&) = delete;
    LimitedUser& operator=(const LimitedUser&) = delete;

    database::ConnectionSettings settings() const { return settings_; }

private:
    static constexpr const char* kHosts[] = {"%", "localhost"};
    std::string account(const std::string& host) const { return "'" + settings_.user + "'@'" + host + "'"; }

    database::ConnectionSettings settings_;
};

} // namespace outboxd::testing
