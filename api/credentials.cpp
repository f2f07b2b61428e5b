#include "api/credentials.hpp"

#include "platform/security/digest.hpp"

#include <fmt/format.h>

namespace outboxd::api {

namespace {

using Result = std::variant<Client, http::Problem>;

constexpr std::size_t kLongestSubject = 100; // of those that go into a scope

http::Problem missing() {
    return {401, "unauthenticated", "Send an API key or a token: Authorization: Bearer ..."};
}

http::Problem invalid(std::string detail) { return {401, "invalid_credentials", std::move(detail)}; }

// Empty: the value is not of the form "Bearer WORD".
std::string_view bearer(std::string_view value) {
    constexpr std::string_view scheme = "Bearer ";
    if (value.size() <= scheme.size() || !http::equalsIgnoringCase(value.substr(0, scheme.size()), scheme))
        return {};
    const auto word = value.substr(scheme.size());
    return word.find_first_of(" \t,") == std::string_view::npos ? word : std::string_view{};
}

// The one key or token of the request.
std::variant<std::string_view, http::Problem> presented(const http::Headers& headers) {
    const auto authorization = headers.count("Authorization");
    const auto apiKey = headers.count("X-Api-Key");
    if (authorization + apiKey == 0) return missing();
    if (authorization + apiKey > 1) return invalid("Send one key or token, once.");
    const auto word = apiKey ? *headers.get("X-Api-Key") : bearer(*headers.get("Authorization"));
    if (word.empty()) return invalid("The header must be of the form: Authorization: Bearer KEY-OR-TOKEN");
    if (word.size() > security::kLongestJwt) return invalid("The key or token is too long.");
    return word;
}

Client clientOf(const security::ApiKey& key) {
    Client client{.scope = "key:" + key.name, .admin = key.admin};
    if (key.user) client.user = commerce::UserId{*key.user};
    return client;
}

Client clientOf(const security::JwtClient& token) {
    if (token.user)
        return {.scope = fmt::format("user:{}", *token.user), .user = commerce::UserId{*token.user}};
    // A long or odd subject is told apart by its fingerprint.
    const auto& subject = token.subject;
    return {.scope =
                "jwt:" +
                (subject.size() <= kLongestSubject ? subject : security::toHex(security::sha256(subject))),
            .admin = true};
}

Result byJwt(const std::optional<Credentials::Jwt>& jwt, std::string_view token, core::Timestamp now) {
    if (!jwt) return invalid("Nothing of this kind is accepted here.");
    const auto read = security::readJwt(token, jwt->key, jwt->rules, now);
    if (const auto* client = std::get_if<security::JwtClient>(&read)) return clientOf(*client);
    const auto refusal = std::get<security::JwtRefusal>(read);
    auto problem = invalid(std::string{security::explain(refusal)});
    if (refusal == security::JwtRefusal::expired) problem.code = "token_expired";
    return problem;
}

} // namespace

CredentialAuthenticator::CredentialAuthenticator(Credentials credentials, const core::Clock& clock)
    : clock_(clock), credentials_(std::make_shared<const Credentials>(std::move(credentials))) {}

Result CredentialAuthenticator::authenticate(const http::Request& request) const {
    const auto word = presented(request.headers);
    if (const auto* problem = std::get_if<http::Problem>(&word)) return *problem;
    const auto secret = std::get<std::string_view>(word);
    const auto accepted = current();
    if (secret.starts_with(security::kApiKeyPrefix)) {
        const auto* key = security::findApiKey(accepted->apiKeys, secret);
        return key ? Result{clientOf(*key)} : invalid("This API key is not known.");
    }
    if (!accepted->adminTokenDigest.empty() &&
        security::equalInConstantTime(security::sha256(secret), accepted->adminTokenDigest))
        return Client{.scope = "admin", .admin = true};
    if (request.headers.count("X-Api-Key") > 0) return invalid("This API key is not known.");
    return byJwt(accepted->jwt, secret, clock_.today());
}

void CredentialAuthenticator::replace(Credentials credentials) {
    auto fresh = std::make_shared<const Credentials>(std::move(credentials));
    const std::lock_guard lock(mutex_);
    credentials_.swap(fresh);
}

std::shared_ptr<const Credentials> CredentialAuthenticator::current() const {
    const std::lock_guard lock(mutex_);
    return credentials_;
}

} // namespace outboxd::api
