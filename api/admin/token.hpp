// Who may look into the outbox and give orders: whoever shows the token of the admin port.
#pragma once

#include "api/authentication.hpp"

#include <mutex>
#include <string>

namespace outboxd::api {

// The token comes as `Authorization: Bearer ...`. Thread-safe.
class AdminToken final : public Authenticator {
public:
    // SHA-256 of the token, raw; empty: there is none, and nobody gets in.
    explicit AdminToken(std::string digest) : digest_(std::move(digest)) {}

    // 401 admin_token_unset, unauthenticated, invalid_credentials.
    std::variant<Client, http::Problem> authenticate(const http::Request& request) const override;
    bool keepsStrangersOut() const override { return true; }

    // From the next request on.
    void replace(std::string digest);

private:
    mutable std::mutex mutex_;
    std::string digest_; // guarded by mutex_
};

} // namespace outboxd::api
