// Who asks, and what they may do.
#pragma once

#include "commerce/model.hpp"
#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace outboxd::api {

struct Client {
    std::string scope; // separates the idempotency keys and rate limits of clients; at most 128 bytes
    // Empty: a trusted service, which acts for all users. Else what belongs to others is "not found" for it.
    std::optional<commerce::UserId> user = {};
    bool admin = false; // may do what Access::admin asks for
    bool known = true;  // false: `scope` is shared by everybody, so that rates are limited by address

    bool mayActFor(commerce::UserId other) const { return !user || *user == other; }
};

// Whom a route serves.
enum class Access {
    everyone, // nobody is asked who they are
    client,   // whom the authenticator knows; a {userId} in the path must be one that the client may act for
    service,  // clients that act for all users; one user's client is refused
    admin,    // clients with admin rights
};

// Thread-safe.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    // The client, or a 401 or 403.
    virtual std::variant<Client, http::Problem> authenticate(const http::Request& request) const = 0;
    // Whether a stranger who can connect is kept out.
    virtual bool keepsStrangersOut() const = 0;
};

// Everybody is the same client with all rights: only safe where nobody else can connect.
class NoAuthentication final : public Authenticator {
public:
    std::variant<Client, http::Problem> authenticate(const http::Request&) const override {
        return Client{.scope = "anonymous", .admin = true, .known = false};
    }
    bool keepsStrangersOut() const override { return false; }
};

// Called before the main port is bound. Throws core::Error(misconfigured) if `host` can be reached from other
// machines and nothing keeps strangers out. `setting` is named in the hint ("http.host").
void checkBinding(std::string_view host, const Authenticator& authenticator, std::string_view setting);

} // namespace outboxd::api
