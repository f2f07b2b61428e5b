// Clients that say who they are: API keys, JSON Web Tokens and the administrator's token.
#pragma once

#include "api/authentication.hpp"
#include "platform/security/api_keys.hpp"
#include "platform/security/jwt.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace outboxd::api {

// What is accepted. Everything may be empty: then nobody gets in.
struct Credentials {
    struct Jwt {
        security::JwtKey key;
        security::JwtRules rules;
    };

    std::vector<security::ApiKey> apiKeys = {};
    std::string adminTokenDigest = {}; // SHA-256, raw; empty: there is no such token
    std::optional<Jwt> jwt = {};
};

// A key or token comes as `Authorization: Bearer ...`, a key also as `X-Api-Key`; both at once, or one of them
// twice, is refused. Thread-safe.
class CredentialAuthenticator final : public Authenticator {
public:
    // `clock` must outlive the authenticator.
    CredentialAuthenticator(Credentials credentials, const core::Clock& clock);

    // 401 unauthenticated (none sent), invalid_credentials, token_expired.
    std::variant<Client, http::Problem> authenticate(const http::Request& request) const override;
    bool keepsStrangersOut() const override { return true; }

    // From the next request on. Requests under way keep what they began with.
    void replace(Credentials credentials);

private:
    std::shared_ptr<const Credentials> current() const;

    const core::Clock& clock_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Credentials> credentials_; // guarded by mutex_; what it points to never changes
};

} // namespace outboxd::api
