#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"
#include "sql/points.hpp"

#include <algorithm>

namespace outboxd::commerce::mysql {

HistoryEntry historyEntryFrom(const database::Row& row) {
    return {.id = row.id<HistoryId>(0),
            .kind = historyKindFrom(row.bytes(1)),
            .amount = row.money(2),
            .balanceAfter = row.money(3),
            .reference = row.bytes(4),
            .at = row.time(5)};
}

std::optional<core::Money> Accounts::change(UserId user, core::Money amount, core::Money most) {
    const core::Money none;
    const auto least = std::max(none, none.minus(amount).value_or(most));
    const auto highest = std::min(most, most.minus(amount).value_or(none));
    if (session_.execute(sql::points::change_balance, {amount, user, least, highest}) == 0)
        return std::nullopt;
    return core::Money{session_.lastInsertId() - 1}; // see the statement
}

std::optional<core::Money> Accounts::balance(UserId user) {
    const auto rows = session_.query(sql::points::balance, {user});
    if (rows.empty()) return std::nullopt;
    return rows.front().money(0);
}

void Accounts::record(UserId user, const HistoryEntry& entry) {
    session_.execute(sql::points::insert_history,
                     {user, entry.amount, entry.balanceAfter, name(entry.kind), entry.reference, entry.at});
}

} // namespace outboxd::commerce::mysql
