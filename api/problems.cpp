#include "api/problems.hpp"

#include <fmt/format.h>

namespace outboxd::api {

namespace {

constexpr std::chrono::seconds kSoon{1};

http::Problem later(std::string code, std::string detail) {
    return {.status = 503, .code = std::move(code), .detail = std::move(detail), .retryAfter = kSoon};
}

} // namespace

http::Problem invalidRequest(std::vector<http::FieldError> errors) {
    const auto& first = errors.front();
    auto detail =
        fmt::format("{}: {}.", first.parameter.empty() ? first.pointer : first.parameter, first.detail);
    if (errors.size() > 1) detail += fmt::format(" {} more in errors.", errors.size() - 1);
    return {
        .status = 400, .code = "invalid_request", .detail = std::move(detail), .errors = std::move(errors)};
}

http::Problem problemFor(const core::Error& error) {
    switch (error.kind()) {
    case core::ErrorKind::unavailable:
        return later("database_unavailable", "The database cannot be reached. Nothing was done; try again.");
    case core::ErrorKind::overloaded:
        return later("overloaded", "Too much is going on. Nothing was done; try again in a moment.");
    case core::ErrorKind::contention:
        return later("contention", "Others kept changing the same things. Nothing was done; try again.");
    case core::ErrorKind::timeout: return later("timeout", "It took too long. Nothing was done; try again.");
    case core::ErrorKind::outcome_unknown:
        return later(
            "outcome_unknown",
            "It is not known whether this was done. Ask again with the same Idempotency-Key to find out.");
    case core::ErrorKind::misconfigured:
    case core::ErrorKind::invalid_data:
    case core::ErrorKind::internal: break;
    }
    return {};
}

http::Problem problemFor(const commerce::Invalid& invalid) {
    std::vector<http::FieldError> errors;
    for (const auto& problem : invalid.problems) errors.push_back({problem.pointer, problem.detail});
    return invalidRequest(std::move(errors));
}

http::Problem problemFor(const commerce::InProgress& refusal) {
    return {.status = 409,
            .code = "request_in_progress",
            .detail = "A request with this Idempotency-Key is being worked on.",
            .retryAfter = refusal.retryAfter};
}

http::Problem problemFor(const commerce::KeyReused&) {
    return {422, "idempotency_key_reused", "This Idempotency-Key was used for another request."};
}

http::Problem notFound(std::string_view what) {
    return {404, fmt::format("{}_not_found", what), fmt::format("There is no such {}.", what)};
}

} // namespace outboxd::api
