#include "daemon/credentials.hpp"

#include "platform/core/error.hpp"
#include "platform/security/digest.hpp"

namespace outboxd::daemon {

api::Credentials credentialsFrom(const EdgeSettings& settings) {
    api::Credentials credentials;
    const auto& mode = settings.auth.mode;
    if (mode.contains(AuthMode::api_key)) {
        auto keys = security::parseApiKeys(settings.auth.apiKeysFile.value.reveal());
        if (const auto* bad = std::get_if<security::BadLine>(&keys))
            throw core::Error(core::ErrorKind::misconfigured, "auth.api_keys_file: " + bad->what);
        credentials.apiKeys = std::get<std::vector<security::ApiKey>>(std::move(keys));
    }
    if (mode.contains(AuthMode::jwt)) {
        const auto& jwt = settings.jwt;
        credentials.jwt = api::Credentials::Jwt{
            security::JwtKey(jwt.algorithm, jwt.keyFile.value.reveal()),
            {jwt.issuer, jwt.audience, std::chrono::floor<std::chrono::seconds>(jwt.leeway), jwt.userClaim}};
    }
    if (!settings.auth.adminTokenFile.path.empty())
        credentials.adminTokenDigest = security::sha256(settings.auth.adminTokenFile.value.reveal());
    return credentials;
}

} // namespace outboxd::daemon
