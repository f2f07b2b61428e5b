// How the server's and the client library's error numbers become core::Error.
#pragma once

#include "platform/core/error.hpp"

#include <string>

namespace outboxd::database {

// ER_DUP_ENTRY (1062): expected by callers that insert under a unique key, so it has a type of its own.
class DuplicateKey final : public core::Error {
public:
    DuplicateKey(const std::string& what, std::string key)
        : core::Error(core::ErrorKind::internal, what), key_(std::move(key)) {}
    // The violated index as the server names it: "PRIMARY" or "users_username" on MariaDB, with the table in
    // front ("users.users_username") on MySQL 8. Compare with names().
    const std::string& key() const { return key_; }
    // Whether the violated index is `index`, named without its table.
    bool names(std::string_view index) const;

private:
    std::string key_;
};

// A row lock was asked for with NOWAIT and somebody holds it (1205 on MariaDB, 3572 on MySQL), or a lock
// wait ended. Kind `contention`. The transaction is still open: 1205 does not roll back by itself.
class LockNotAvailable final : public core::Error {
public:
    explicit LockNotAvailable(const std::string& what) : core::Error(core::ErrorKind::contention, what) {}
};

// The kind of trouble an error number means (server: MariaDB's and MySQL's error reference; 2000 to 2999 and
// 5000 to 5999: the client library). A number that nobody thought of is `internal`.
core::ErrorKind kindOf(unsigned number);

// Whether the connection must not be used again after this error.
bool breaksConnection(unsigned number);

// Throws what `number` (mysql_errno) means. `doing`: the statement's name or "connecting".
[[noreturn]] void throwDatabaseError(unsigned number, const char* message, const std::string& doing);

} // namespace outboxd::database
