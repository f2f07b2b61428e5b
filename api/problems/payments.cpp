#include "api/problems/payments.hpp"

#include <fmt/format.h>

namespace outboxd::api {

http::Problem problemFor(const commerce::InsufficientPoints& refusal) {
    return {409, "insufficient_points",
            fmt::format("The balance is {}; {} are needed.", refusal.balance.minorUnits(),
                        refusal.needed.minorUnits())};
}

} // namespace outboxd::api
