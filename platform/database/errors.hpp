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
    // The violated index, e.g. "idempotency_key.PRIMARY" as the server names it.
    const std::string& key() const { return key_; }

private:
    std::string key_;
};

// A row lock was asked for with NOWAIT and somebody holds it (1205 on MariaDB, 3572 on MySQL), or a lock
// wait ended. Kind `contention`.
class LockNotAvailable final : public core::Error {
public:
    explicit LockNotAvailable(const std::string& what) : core::Error(core::ErrorKind::contention, what) {}
};

// Throws what `number` (mysql_errno) means. `doing`: the statement's name or "connecting".
[[noreturn]] void throwDatabaseError(unsigned number, const char* message, const std::string& doing);

} // namespace outboxd::database
