#include "api/router.hpp"

#include "api/compatible.hpp"
#include "api/problems.hpp"
#include "platform/core/error.hpp"

#include <algorithm>
#include <charconv>

namespace outboxd::api {

namespace {

// "/a/b" -> a, b. An empty segment stays, so that "//a" and "/a/" match nothing.
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1); // the slash
        const auto end = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

bool isParameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& segments) {
    return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                      [](const std::string& expected, std::string_view actual) {
                          return isParameter(expected) ? !actual.empty() : expected == actual;
                      });
}

// Digits alone, no leading zero: one resource has one path.
std::optional<std::int64_t> parseId(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id < 1 || text[0] == '0')
        return std::nullopt;
    return id;
}

http::Problem tooMany(std::chrono::seconds wait) {
    return {.status = 429,
            .code = "rate_limited",
            .detail = "You ask more often than this node allows. Nothing was done.",
            .retryAfter = wait};
}

// RFC 6750, section 3: whoever sent nothing hears no error.
http::Response refused(const http::Problem& problem, const http::Request& request) {
    auto response = http::toResponse(problem, request);
    if (problem.status == 401)
        response.headers.add("WWW-Authenticate", problem.code == "unauthenticated"
                                                     ? R"(Bearer realm="outboxd")"
                                                     : R"(Bearer realm="outboxd", error="invalid_token")");
    return response;
}

} // namespace

void Router::add(std::string method, std::string route, Access access, RouteHandler handler) {
    Route added{std::move(method), std::move(route), access, {}, 0, std::move(handler)};
    for (const auto segment : split(added.text)) added.segments.emplace_back(segment);
    added.parameters = std::count_if(added.segments.begin(), added.segments.end(), isParameter);
    routes_.push_back(std::move(added));
}

http::Response Router::handle(const http::Request& request) {
    auto segments = split(request.path);
    const bool versioned = segments.size() < 2 || segments[0] != "api" || segments[1] == "v1";
    if (!versioned) segments.insert(segments.begin() + 1, "v1");

    std::string_view wanted = request.method;
    if (wanted == "HEAD") wanted = "GET";
    // A path of its own is meant before one with parameters: /payments/authorizations is no payment.
    const Route* known = nullptr;
    for (const auto& route : routes_)
        if (matches(route.segments, segments) && (!known || route.parameters < known->parameters))
            known = &route;
    if (!known) return http::toResponse({404, "not_found", "There is nothing at this path."}, request);

    std::string allow;
    for (const auto& route : routes_) {
        if (route.text != known->text) continue;
        if (route.method == wanted) return dispatch(route, request, segments, versioned);
        allow += route.method + ", ";
        if (route.method == "GET") allow += "HEAD, ";
    }
    allow += "OPTIONS";
    http::Response response;
    if (wanted == "OPTIONS") {
        response.status = 204;
    } else {
        response = http::toResponse({405, "method_not_allowed", "This method is not allowed here."}, request);
    }
    response.headers.add("Allow", allow);
    response.route = known->text;
    return response;
}

http::Response Router::dispatch(const Route& route, const http::Request& request,
                                const std::vector<std::string_view>& segments, bool versioned) {
    auto client = admit(route, request);
    http::Response response;
    if (limiter_) {
        // Guessing credentials costs the address, too.
        const auto* known = std::get_if<Client>(&client);
        const auto verdict =
            limiter_->take(known && known->known ? known->scope : addressKey(request.clientAddress));
        response = verdict.allowed ? answer(route, request, segments, versioned, std::move(client))
                                   : http::toResponse(tooMany(verdict.reset), request);
        limiter_->describe(verdict, response);
    } else {
        response = answer(route, request, segments, versioned, std::move(client));
    }
    if (!versioned) response = compatibleRefusal(std::move(response));
    response.route = route.text;
    return response;
}

http::Response Router::answer(const Route& route, const http::Request& request,
                              const std::vector<std::string_view>& segments, bool versioned,
                              std::variant<Client, http::Problem> client) {
    if (const auto* problem = std::get_if<http::Problem>(&client)) return refused(*problem, request);

    Call call{request, {}, {}, {}, std::move(std::get<Client>(client)), versioned};
    for (std::size_t i = 0; i < segments.size(); ++i) {
        call.path.append("/").append(segments[i]);
        const auto& expected = route.segments[i];
        if (!isParameter(expected)) continue;
        if (!expected.ends_with("Id}")) {
            call.texts.emplace_back(segments[i]);
            continue;
        }
        const auto id = parseId(segments[i]);
        if (!id) {
            const auto name = expected.substr(1, expected.size() - 2);
            return http::toResponse(invalidRequest({{"", "must be a whole number of 1 or more", name}}),
                                    request);
        }
        if (expected == "{userId}" && !call.client.mayActFor({*id}))
            return http::toResponse(notFound("user"), request);
        call.ids.push_back(*id);
    }
    return this->call(route, call);
}

std::variant<Client, http::Problem> Router::admit(const Route& route, const http::Request& request) const {
    if (route.access == Access::everyone) return Client{.scope = "everyone", .known = false};
    auto client = authenticator_.authenticate(request);
    const auto* known = std::get_if<Client>(&client);
    if (known && route.access == Access::admin && !known->admin)
        return http::Problem{403, "admin_only", "This needs the rights of an administrator."};
    if (known && route.access == Access::service && known->user)
        return http::Problem{403, "service_only", "This is not for a single user's key or token."};
    return client;
}

http::Response Router::call(const Route& route, const Call& call) {
    try {
        return route.handler(call);
    } catch (const core::Error& error) {
        const auto problem = problemFor(error);
        logger_.write(problem.status == 500 ? core::LogLevel::error : core::LogLevel::warning,
                      "request_failed",
                      {{"request_id", call.request.requestId},
                       {"trace_id", call.request.traceId()},
                       {"route", route.text},
                       {"kind", core::name(error.kind())},
                       {"error", error.what()},
                       {"hint", error.hint()}});
        return http::toResponse(problem, call.request);
    }
}

std::vector<std::string> Router::routes() const {
    std::vector<std::string> names;
    for (const auto& route : routes_) names.push_back(route.method + " " + route.text);
    return names;
}

Access Router::access(std::string_view route) const {
    for (const auto& one : routes_)
        if (one.method + " " + one.text == route) return one.access;
    throw std::out_of_range("no such route");
}

} // namespace outboxd::api
