// Who asks. For now everybody is the same client, which is only safe where nobody else can connect.
#pragma once

#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace outboxd::api {

struct Client {
    std::string scope; // separates the idempotency keys of clients; at most 128 bytes
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

class NoAuthentication final : public Authenticator {
public:
    std::variant<Client, http::Problem> authenticate(const http::Request&) const override {
        return Client{"anonymous"};
    }
    bool keepsStrangersOut() const override { return false; }
};

// Called before the main port is bound. Throws core::Error(misconfigured) if `host` can be reached from other
// machines and nothing keeps strangers out. `setting` is named in the hint ("http.host").
void checkBinding(std::string_view host, const Authenticator& authenticator, std::string_view setting);

} // namespace outboxd::api
