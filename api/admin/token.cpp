#include "api/admin/token.hpp"

#include "platform/security/digest.hpp"

namespace outboxd::api {

std::variant<Client, http::Problem> AdminToken::authenticate(const http::Request& request) const {
    constexpr std::string_view scheme = "Bearer ";
    std::string digest;
    {
        const std::lock_guard lock(mutex_);
        digest = digest_;
    }
    if (digest.empty())
        return http::Problem{
            401, "admin_token_unset",
            "This node takes no orders: write a token to a file that only outboxd may read, name it "
            "in admin.token_file, and reload or restart."};
    const auto shown = request.headers.get("Authorization");
    if (!shown)
        return http::Problem{401, "unauthenticated", "Send the admin token: Authorization: Bearer ..."};
    const bool bearer = request.headers.count("Authorization") == 1 && shown->size() > scheme.size() &&
                        http::equalsIgnoringCase(shown->substr(0, scheme.size()), scheme);
    if (!bearer || !security::equalInConstantTime(security::sha256(shown->substr(scheme.size())), digest))
        return http::Problem{401, "invalid_credentials", "This is not the token of admin.token_file."};
    return Client{.scope = "admin", .admin = true};
}

void AdminToken::replace(std::string digest) {
    const std::lock_guard lock(mutex_);
    digest_ = std::move(digest);
}

} // namespace outboxd::api
