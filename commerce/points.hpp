// Charging points. Balance and history: shop_reader.hpp.
#pragma once

#include "commerce/model.hpp"
#include "commerce/ports.hpp"
#include "commerce/valid.hpp"

#include <variant>

namespace outboxd::commerce {

struct ChargePoints {
    UserId user;
    core::Money amount;                     // /amount, 1 to 10^15
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems& problems) const;
};

struct Charged {
    UserId user;
    core::Money amount;
    core::Money balance; // after the charge
};
struct UserNotFound {
    UserId user;
};
// The balance would pass kMostBalance.
struct BalanceLimitReached {
    core::Money balance;
    core::Money limit;
};

using ChargePointsResult = std::variant<Charged, UserNotFound, BalanceLimitReached>;

// Balance, history row and the event PointsCharged.
ChargePointsResult chargePoints(Transaction& transaction, const Valid<ChargePoints>& command);

} // namespace outboxd::commerce
