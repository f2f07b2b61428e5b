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

http::Problem problemFor(const commerce::UsernameTaken&) {
    return {.status = 409,
            .code = "username_taken",
            .detail = "Another user has this username.",
            .errors = {{"/username", "is taken"}}};
}

http::Problem problemFor(const commerce::UserNotFound& refusal) {
    return {404, "user_not_found", fmt::format("There is no user {}.", refusal.user.value)};
}

http::Problem problemFor(const commerce::BalanceLimitReached& refusal) {
    return {409, "balance_limit_reached",
            fmt::format("The balance is {} and may not pass {}.", refusal.balance.minorUnits(),
                        refusal.limit.minorUnits())};
}

http::Problem problemFor(const commerce::ProductNotFound& refusal) {
    return {422, "unknown_product", fmt::format("There is no product {}.", refusal.product.value)};
}

http::Problem problemFor(const commerce::OutOfStock& refusal) {
    if (refusal.available == 0)
        return {409, "sold_out", fmt::format("Product {} is sold out.", refusal.product.value)};
    return {409, "insufficient_stock",
            fmt::format("Of product {} there are {}, not {}.", refusal.product.value, refusal.available,
                        refusal.requested)};
}

http::Problem problemFor(const commerce::TotalTooLarge& refusal) {
    return {422, "order_total_too_large",
            fmt::format("The order's total passes {}.", refusal.limit.minorUnits())};
}

http::Problem problemFor(const commerce::OrderNotFound& refusal) {
    return {404, "order_not_found", fmt::format("There is no order {}.", refusal.order.value)};
}

http::Problem problemFor(const commerce::NotOwner&) {
    return {403, "not_order_owner", "The order belongs to another user."};
}

http::Problem problemFor(const commerce::WrongState& refusal) {
    return {409, "wrong_order_state", fmt::format("The order is {}.", commerce::name(refusal.state))};
}

http::Problem problemFor(const commerce::OrderExpired& refusal) {
    return {409, "order_expired",
            fmt::format("The order could be paid until {}.", core::toRfc3339(refusal.expiresAt))};
}

http::Problem problemFor(const commerce::InsufficientPoints& refusal) {
    return {409, "insufficient_points",
            fmt::format("The balance is {}; {} are needed.", refusal.balance.minorUnits(),
                        refusal.needed.minorUnits())};
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
