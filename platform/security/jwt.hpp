// JSON Web Tokens (RFC 7519, and the advice of RFC 8725), read as strictly as they allow: one issuer, one
// audience, one key with its algorithm. Pure function of token, key, rules and time.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/security/jwt_key.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::security {

inline constexpr std::size_t kLongestJwt = 8 * 1024;

struct JwtRules {
    std::string issuer;              // `iss` must be this
    std::string audience;            // `aud` must be this or contain it
    std::chrono::seconds leeway{30}; // between the issuer's clock and ours
    std::string userClaim = "sub";   // whose value, a positive whole number or its digits, is the user's id
};

struct JwtClient {
    std::optional<std::int64_t> user; // set unless `admin`
    std::string subject;              // `sub`; may be empty
    bool admin = false;               // `admin` is true, or `scope` contains the word admin
};

enum class JwtRefusal {
    malformed, // too long, not three parts, not base64url, not JSON, names given twice, a critical extension
    algorithm, // `alg` is not the key's
    signature, // not by the key's owner
    expired,   // `exp` is over
    not_yet,   // `nbf` is to come
    issuer,    // or audience:
    audience,  //   for somebody else
    claims,    // no `exp`, a claim of the wrong type, or neither a user nor an administrator
};

// One sentence for the client; tells nothing of the key.
std::string_view explain(JwtRefusal refusal);

// The signature is checked before any claim is looked at.
std::variant<JwtClient, JwtRefusal> readJwt(std::string_view token, const JwtKey& key, const JwtRules& rules,
                                            core::Timestamp now);

} // namespace outboxd::security
