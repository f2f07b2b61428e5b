// The statements of an authorisation and of a claim, straight on libmariadb: prepared once per connection, one after
// another, without retry, pool figures or error kinds. What a daemon of ours adds is measured against this.
#pragma once

#include <cstdint>
#include <memory>
#include <mysql.h>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::bench {

struct BareDatabase {
    std::string host = "127.0.0.1";
    unsigned port = 3306;
    std::string user;
    std::string password;
    std::string schema;
};

class BareStatement {
public:
    BareStatement(MYSQL* connection, std::string_view sql);
    // Throws std::runtime_error. `values`: strings, or empty views without data for NULL.
    std::uint64_t run(const std::vector<std::string_view>& values);
    bool found(); // of a SELECT: whether there was a row
    std::int64_t insertId() const { return static_cast<std::int64_t>(mysql_stmt_insert_id(handle_.get())); }

private:
    struct Close {
        void operator()(MYSQL_STMT* handle) const noexcept { mysql_stmt_close(handle); }
    };
    std::unique_ptr<MYSQL_STMT, Close> handle_;
};

struct BareAuthorization {
    std::string_view key, hash, merchant, currency, reference;
    std::int64_t amount = 0;
};

// One connection; one thread at a time.
class BareSession {
public:
    explicit BareSession(const BareDatabase& database);

    // The body of the answer; empty if the key was used before.
    std::string authorize(const BareAuthorization& wanted);
    // False if the user has claimed before.
    bool claim(std::int64_t coupon, std::int64_t user);

private:
    struct Close {
        void operator()(MYSQL* handle) const noexcept { mysql_close(handle); }
    };
    void text(const char* sql);

    std::unique_ptr<MYSQL, Close> handle_;
    std::unique_ptr<BareStatement> lockKey_, insertPayment_, insertEvent_, insertKey_, insertClaim_;
};

} // namespace outboxd::bench
