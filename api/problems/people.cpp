#include "api/problems/people.hpp"

#include <fmt/format.h>

namespace outboxd::api {

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

} // namespace outboxd::api
