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

Mending mendRunning(database::Session& session, commerce::mysql::Transaction&, const Books&,
                    const Finding& finding) {
    const auto of = session.query(sql::reconcile::user_of_history, {numberOf(finding)});
    if (of.empty()) return AllRight{};
    const auto user = of.front().integer(0);
    session.query(sql::reconcile::lock_account, {user});
    const auto wrong = session.query(sql::reconcile::wrong_sums, {user});
    const auto rows = wrong.front().integer(0);
    if (rows == 0) return AllRight{};
    if (wrong.front().integer(1) < 0)
        return ForPerson{
            "the history sums up to less than 0 on the way: rows of it are missing; find them first"};
    session.execute(sql::reconcile::set_sums, {user, user});
    return Mended{fmt::format("{} rows of user {} say the sums up to them", rows, user)};
}

} // namespace outboxd::commerce::mysql::reconcile
