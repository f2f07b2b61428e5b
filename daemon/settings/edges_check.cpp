#include "daemon/settings/edges.hpp"
#include "platform/core/error.hpp"
#include "platform/security/api_keys.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace outboxd::daemon {

namespace {

constexpr std::size_t kShortestAdminToken = 16;

bool isLoopback(const std::string& host) {
    in_addr v4{};
    in6_addr v6{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
    return host == "localhost";
}

// A token travels in a header field: visible characters, and nothing that begins like an API key.
bool isAdminToken(const std::string& token) {
    for (const char c : token)
        if (c <= 0x20 || c >= 0x7f || c == ',') return false;
    return token.size() >= kShortestAdminToken && !token.starts_with(security::kApiKeyPrefix);
}

class Checks {
public:
    Checks(const EdgeSettings& edges, const config::Schema& schema) : edges_(edges), schema_(schema) {}

    std::vector<config::Mistake> run() {
        const auto& mode = edges_.auth.mode;
        const bool none = mode.contains(AuthMode::none);
        if (none && mode.size() > 1) wrong("auth.mode", "none cannot be combined with another");
        if (none && !isLoopback(edges_.http.host))
            wrong(
                "http.host",
                fmt::format("'{}' can be reached from outside, and auth.mode none asks nobody who they are; "
                            "set auth.mode, or use 127.0.0.1 and a proxy on this machine",
                            edges_.http.host));
        if (none && !edges_.auth.adminTokenFile.path.empty())
            wrong("auth.admin_token_file", "has no effect while auth.mode is none: everyone has all rights");
        if (!edges_.auth.adminTokenFile.path.empty() &&
            !isAdminToken(edges_.auth.adminTokenFile.value.reveal()))
            wrong("auth.admin_token_file", "the token must be 16 or more visible characters, without commas, "
                                           "and not begin as API keys do");
        if (!edges_.admin.tokenFile.path.empty() && !isAdminToken(edges_.admin.tokenFile.value.reveal()))
            wrong("admin.token_file", "the token must be 16 or more visible characters, without commas, and "
                                      "not begin as API keys do");
        if (mode.contains(AuthMode::api_key)) checkApiKeys();
        if (mode.contains(AuthMode::jwt)) checkJwt();
        return std::move(mistakes_);
    }

private:
    void wrong(const char* name, const std::string& what) {
        mistakes_.push_back(schema_.mistake(name, what));
    }

    void checkApiKeys() {
        const auto& file = edges_.auth.apiKeysFile;
        if (file.path.empty()) return wrong("auth.mode", "api_key needs auth.api_keys_file");
        const auto keys = security::parseApiKeys(file.value.reveal());
        if (const auto* bad = std::get_if<security::BadLine>(&keys))
            wrong("auth.api_keys_file", fmt::format("{}:{}: {}", file.path, bad->line, bad->what));
    }

    void checkJwt() {
        const auto& jwt = edges_.jwt;
        if (jwt.issuer.empty()) wrong("jwt.issuer", "must be set while auth.mode has jwt");
        if (jwt.audience.empty()) wrong("jwt.audience", "must be set while auth.mode has jwt");
        if (jwt.keyFile.path.empty()) return wrong("jwt.key_file", "must be set while auth.mode has jwt");
        try {
            const security::JwtKey key(jwt.algorithm, jwt.keyFile.value.reveal());
        } catch (const core::Error& error) {
            wrong("jwt.key_file", fmt::format("{}: {}; {}", jwt.keyFile.path, error.what(), error.hint()));
        }
    }

    const EdgeSettings& edges_;
    const config::Schema& schema_;
    std::vector<config::Mistake> mistakes_;
};

} // namespace

std::vector<config::Mistake> checkEdges(const EdgeSettings& edges, const config::Schema& schema) {
    return Checks(edges, schema).run();
}

} // namespace outboxd::daemon
