#include "commerce/mysql/reconcile/checks.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql::reconcile {

Mending mendBalance(database::Session& session, commerce::mysql::Transaction&, const Books&,
                    const Finding& finding) {
    const auto user = numberOf(finding);
    // History is written by whoever holds this lock, so with it the sum is the whole of it.
    const auto account = session.query(sql::reconcile::lock_account, {user});
    if (account.empty()) return AllRight{};
    const auto balance = account.front().integer(0);
    const auto sum = session.query(sql::reconcile::history_sum, {user}).front().integer(0);
    if (sum == balance) return AllRight{};
    if (sum < 0)
        return ForPerson{
            fmt::format("the history sums up to {}: rows of it are missing; find them first", sum)};
    session.execute(sql::reconcile::set_balance, {sum, user});
    return Mended{fmt::format("balance {} -> {}, the sum of the history", balance, sum)};
}

} // namespace outboxd::commerce::mysql::reconcile
