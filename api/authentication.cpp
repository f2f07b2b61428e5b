#include "api/authentication.hpp"

#include "platform/core/error.hpp"

namespace outboxd::api {

void checkBinding(std::string_view host, const Authenticator& authenticator, std::string_view setting) {
    const bool loopback = host == "localhost" || host == "::1" || host.substr(0, 4) == "127.";
    if (loopback || authenticator.keepsStrangersOut()) return;
    throw core::Error(core::ErrorKind::misconfigured,
                      "the API has no authentication, so it may not listen on " + std::string{host},
                      "set " + std::string{setting} + " to 127.0.0.1 or ::1");
}

} // namespace outboxd::api
