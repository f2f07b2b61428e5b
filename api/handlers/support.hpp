// What the handlers share. Internal to api/.
#pragma once

#include "api/compatible.hpp"
#include "api/problems.hpp"
#include "api/query.hpp"
#include "api/router.hpp"

#include <string>
#include <utility>
#include <variant>

namespace outboxd::api {

inline http::Response json(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

// 204
inline http::Response empty() {
    http::Response response;
    response.status = 204;
    response.contentType.clear();
    return response;
}

// Whether the client may see what belongs to `owner`; what is nobody's is for services alone.
inline bool mayRead(const Call& call, const std::optional<commerce::UserId>& owner) {
    return owner ? call.client.mayActFor(*owner) : !call.client.user;
}

inline http::Response refuse(const Call& call, const http::Problem& problem) {
    return http::toResponse(problem, call.request);
}

// For the requests that have no query at all.
inline std::optional<http::Problem> refuseQuery(const Call& call) { return Query(call.request).problem(); }

// Either the checked command goes to `next`, or the client hears everything that is wrong with it.
template <class Command, class Next> http::Response checked(const Call& call, Command command, Next next) {
    auto result = commerce::validate(std::move(command));
    if (const auto* invalid = std::get_if<commerce::Invalid>(&result))
        return refuse(call, problemFor(*invalid));
    return next(std::get<commerce::Valid<Command>>(result));
}

template <class... Cases> struct Overloaded : Cases... { using Cases::operator()...; };
template <class... Cases> Overloaded(Cases...) -> Overloaded<Cases...>;

// What a use case came to: `render(success)` is the body; every refusal is its problem.
using Rendered = std::variant<std::string, http::Problem>;
template <class Success, class Result, class Render> Rendered rendered(const Result& result, Render render) {
    return std::visit(Overloaded{[&](const Success& success) -> Rendered { return render(success); },
                                 [](const auto& refusal) -> Rendered { return problemFor(refusal); }},
                      result);
}

} // namespace outboxd::api
