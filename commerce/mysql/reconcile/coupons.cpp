#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/release.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

#include <set>

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile;
using database::Session;

} // namespace

// Coupons are handed out under the coupon's lock, which comes after those of its holders: so these are locked first, by what is
// seen without a lock, and then it is looked who of them is surplus still.
Mending mendOverIssue(Session& session, commerce::mysql::Transaction&, const Books&, const Finding& finding) {
    const auto coupon = numberOf(finding);
    std::set<std::int64_t> locked;
    for (const auto& row : session.query(statements::surplus, {coupon, coupon})) {
        session.query(statements::lock_user_coupon, {row.integer(0)});
        locked.insert(row.integer(0));
    }
    if (session.query(statements::lock_coupon, {coupon}).empty()) return AllRight{};
    std::vector<std::int64_t> invalidated, used;
    for (const auto& row : session.query(statements::surplus, {coupon, coupon})) {
        if (!locked.contains(row.integer(0))) continue; // the next run
        if (row.bytes(2) == "USED") {
            used.push_back(row.integer(1));
        } else {
            session.execute(statements::invalidate, {row.integer(0)});
            invalidated.push_back(row.integer(1));
        }
    }
    const auto usedText = fmt::format(
        "of users {}, used already: honour them, or settle them with these users", fmt::join(used, " "));
    if (!invalidated.empty()) {
        return Mended{fmt::format("invalidated those of users {}, the last in the order of issue{}",
                                  fmt::join(invalidated, " "),
                                  used.empty() ? "" : "; left those " + usedText)};
    }
    if (!used.empty()) return ForPerson{"those beyond the total are " + usedText};
    return AllRight{};
}

Mending mendIssued(Session& session, commerce::mysql::Transaction&, const Books&, const Finding& finding) {
    const auto coupon = numberOf(finding);
    const auto row = session.query(statements::lock_coupon, {coupon});
    if (row.empty()) return AllRight{};
    const auto total = row.front().integer(0), issued = row.front().integer(1);
    const auto figures = session.query(statements::coupon_figures, {coupon, coupon});
    const auto held = figures.front().integer(0), won = figures.front().integer(1);
    if (held != won)
        return ForPerson{fmt::format("{} are held, and {} claims won: see coupon_claim_winner and "
                                     "coupon_holder_claimed for whose these are",
                                     held, won)};
    if (held == issued) return AllRight{};
    if (held > total) return ForPerson{"more are held than there are: see coupon_over_issued"};
    session.execute(statements::set_issued, {held, coupon});
    return Mended{fmt::format("issued {} -> {}, as many as are held", issued, held)};
}

Mending mendWinner(Session& session, commerce::mysql::Transaction&, const Books&, const Finding& finding) {
    const auto claim = numberOf(finding);
    const auto of = session.query(statements::coupon_of_claim, {claim});
    if (of.empty()) return AllRight{};
    session.query(statements::lock_coupon, {of.front().integer(0)}); // the drain's lock
    const auto row = session.query(statements::lock_claim, {claim});
    if (row.empty()) return AllRight{};
    const bool won = row.front().bytes(0) == "ISSUED";
    const bool holds =
        !session.query(statements::holder, {of.front().integer(0), row.front().integer(1)}).empty();
    if (won == holds) return AllRight{};
    if (won)
        return ForPerson{
            fmt::format("user {} was told that they won coupon {}, and does not hold it: give it "
                        "to them, or tell them",
                        row.front().integer(1), of.front().integer(0))};
    session.execute(statements::claim_won, {claim});
    return Mended{fmt::format("claim {} -> ISSUED: its user holds the coupon", row.front().bytes(0))};
}

Mending mendUsed(Session& session, commerce::mysql::Transaction& transaction, const Books&,
                 const Finding& finding) {
    const auto row = session.query(statements::used_coupon, {numberOf(finding)});
    if (row.empty()) return AllRight{};
    const auto orderId = row.front().maybeInteger(0);
    if (!orderId) return ForPerson{"no order says that it used the coupon: ask who set it to USED"};
    const auto order = transaction.orders().lock(OrderId{*orderId});
    if (!order) return ForPerson{"the order that used the coupon is missing: find out where it went"};
    const UserId user{row.front().integer(2)};
    const CouponId coupon{row.front().integer(1)};
    const bool ended = order->state == OrderState::cancelled || order->state == OrderState::expired;
    if (order->user != user || order->coupon != coupon)
        return ForPerson{
            fmt::format("order {} is not of that user with that coupon: find out who changed it", *orderId)};
    const auto held = transaction.userCoupons().lock(user, coupon);
    if (!ended || !held || !transaction.userCoupons().giveBack(held->id, order->id)) return AllRight{};
    return Mended{fmt::format("USED -> AVAILABLE: order {} has ended", *orderId)};
}

} // namespace outboxd::commerce::mysql::reconcile
