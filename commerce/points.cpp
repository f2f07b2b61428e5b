#include "commerce/points.hpp"

#include "commerce/events.hpp"

namespace outboxd::commerce {

void ChargePoints::check(Problems& problems) const {
    problems.range("/amount", amount, core::Money{1}, kMostAmount);
}

ChargePointsResult chargePoints(Transaction& transaction, const Valid<ChargePoints>& command) {
    const auto user = command->user;
    auto& accounts = transaction.accounts();
    // From here on the account is locked, which makes the ids of its events ascend in commit order.
    const auto balance = accounts.change(user, command->amount, kMostBalance);
    if (!balance) {
        const auto unchanged = accounts.balance(user);
        if (!unchanged) return UserNotFound{user};
        return BalanceLimitReached{*unchanged, kMostBalance};
    }
    const Charged charged{user, command->amount, *balance};
    const auto event = pointsCharged(transaction.clock(), charged, command->traceparent);
    accounts.record(user, {.id = {},
                           .kind = HistoryKind::charge,
                           .amount = command->amount,
                           .balanceAfter = *balance,
                           .reference = "charge:" + event.id.text(),
                           .at = transaction.clock().today()});
    transaction.outbox().add(event);
    return charged;
}

} // namespace outboxd::commerce
