// The key that tokens are signed with, and its one algorithm (RFC 7518, section 3).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace outboxd::security {

enum class JwtAlgorithm { rs256, es256, hs256 };

// "RS256"
std::string_view name(JwtAlgorithm algorithm);

// Immutable, thread-safe. The algorithm belongs to the key and never comes from a token: whoever could choose
// it could have a public key taken for a shared secret.
class JwtKey {
public:
    // `text`: for RS256 and ES256 a public key or certificate in PEM (RSA of 2048 bits or more, P-256); for
    // HS256 the secret itself, at least 32 bytes. Throws core::Error(misconfigured) if it is anything else.
    JwtKey(JwtAlgorithm algorithm, std::string_view text);
    ~JwtKey();
    JwtKey(JwtKey&&) noexcept;
    JwtKey& operator=(JwtKey&&) noexcept;

    JwtAlgorithm algorithm() const;
    bool verifies(std::string_view signedPart, std::string_view signature) const;

private:
    struct Impl;
    std::unique_ptr<const Impl> impl_;
};

} // namespace outboxd::security
