// From method and path to a handler.
#pragma once

#include "api/authentication.hpp"
#include "api/rate_limit.hpp"
#include "platform/core/logger.hpp"
#include "platform/http/message.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::api {

// One request on its way through a handler. Lives for the call only.
struct Call {
    const http::Request& request;
    std::string path;               // the canonical one: with /v1
    std::vector<std::int64_t> ids;  // of the template's {...Id} parameters, in order; each 1 or more
    std::vector<std::string> texts; // of its other parameters
    Client client;
    bool versioned = true; // false: the path came without its /v1, as in the published load scripts
};

using RouteHandler = std::function<http::Response(const Call&)>;

// Paths under /api/ match with and without their /v1; without it, refusals are 400 (compatible.hpp). HEAD is answered by GET's handler, OPTIONS with the
// methods that there are. Who may do what is decided here: see Access. An unknown path is 404, a known one with another method 405 with Allow, an {...Id}
// that is not a positive 64-bit number 400; other parameters are text. A core::Error from a handler becomes its problem (problems.hpp)
// and a line in the log.
//
// Routes are added before the first request; after that handle() is thread-safe.
class Router final : public http::Handler {
public:
    // All must outlive the router. `limiter` may be null: then clients may ask as often as they like.
    Router(const Authenticator& authenticator, core::Logger& logger, RateLimiter* limiter = nullptr)
        : authenticator_(authenticator), logger_(logger), limiter_(limiter) {}

    // `route`: "/api/v1/orders/{orderId}/payment". The same route may be added with several methods.
    void add(std::string method, std::string route, Access access, RouteHandler handler);

    http::Response handle(const http::Request& request) override;

    // "GET /api/v1/orders/{orderId}", in the order of adding: what the API's description must list.
    std::vector<std::string> routes() const;
    // Of one of them. Throws std::out_of_range if there is none.
    Access access(std::string_view route) const;

private:
    struct Route {
        std::string method;
        std::string text;
        Access access;
        std::vector<std::string> segments;
        std::ptrdiff_t parameters; // how many of them
        RouteHandler handler;
    };

    http::Response dispatch(const Route& route, const http::Request& request,
                            const std::vector<std::string_view>& segments, bool versioned);
    std::variant<Client, http::Problem> admit(const Route& route, const http::Request& request) const;
    http::Response answer(const Route& route, const http::Request& request,
                          const std::vector<std::string_view>& segments, bool versioned,
                          std::variant<Client, http::Problem> client);
    http::Response call(const Route& route, const Call& call);

    const Authenticator& authenticator_;
    core::Logger& logger_;
    RateLimiter* const limiter_;
    std::vector<Route> routes_;
};

} // namespace outboxd::api
