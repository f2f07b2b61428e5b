#include "commerce/compensation_ports.hpp"
#include "commerce/mysql/reconcile/checks.hpp"
#include "commerce/reconcile/paid_orders.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

#include <map>

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile;
using database::Session;

} // namespace

Mending mendOrderPayment(Session& session, commerce::mysql::Transaction& transaction, const Books&,
                         const Finding& finding) {
    const OrderId order{numberOf(finding)};
    const auto live = session.query(statements::live_payment, {order});
    std::optional<PaymentId> payment;
    if (!live.empty()) payment = live.front().id<PaymentId>(0);
    return commerce::reconcile::mendOrder(transaction, order, payment, [&] {
        return !session.query(statements::completion_told, {std::to_string(order.value)}).empty();
    });
}

Mending mendEndedPayment(Session&, commerce::mysql::Transaction& transaction, const Books& books,
                         const Finding& finding) {
    return commerce::reconcile::refundEnded(transaction, books.rules, PaymentId{numberOf(finding)});
}

Mending mendRefunded(Session& session, commerce::mysql::Transaction&, const Books&, const Finding& finding) {
    const auto payment = numberOf(finding);
    const auto of = session.query(statements::order_of_payment, {payment});
    if (of.empty()) return AllRight{};
    if (const auto order = of.front().maybeInteger(0)) session.query(statements::lock_order, {*order});
    const auto row = session.query(statements::lock_payment, {payment});
    if (row.empty()) return AllRight{};
    const auto amount = row.front().integer(0), refunded = row.front().integer(1);
    const auto sum = session.query(statements::refunds_sum, {payment}).front().integer(0);
    if (sum == refunded) return AllRight{};
    if (sum > amount)
        return ForPerson{fmt::format("{} went back of {}: settle it with the customer", sum, amount)};
    session.execute(statements::set_refunded, {sum, payment});
    return Mended{fmt::format("refunded {} -> {}, the sum of the refunds", refunded, sum)};
}

// Notes alone: whether the stock itself is right is stock_identity's, which does not ask these notes.
Mending mendReturned(Session& session, commerce::mysql::Transaction& transaction, const Books&,
                     const Finding& finding) {
    const auto order = transaction.orders().lock(OrderId{numberOf(finding)});
    if (!order || (order->state != OrderState::cancelled && order->state != OrderState::expired))
        return AllRight{};
    std::map<std::int64_t, std::int64_t> noted; // by product
    for (const auto& row : session.query(statements::returned_rows, {order->id}))
        if (row.bytes(0) == "STOCK") noted[row.integer(1)] += row.maybeInteger(2).value_or(0);
    std::vector<Compensation> wanted;
    if (order->coupon) wanted.push_back(couponBack(order->id, *order->coupon));
    for (const auto& line : order->lines)
        if (!noted.contains(line.product.value))
            wanted.push_back(stockBack(order->id, {line.product, line.quantity}));
    const auto added = transaction.compensations().add(order->id, wanted);
    if (added.empty()) {
        for (const auto& line : order->lines)
            if (noted[line.product.value] != line.quantity)
                return ForPerson{
                    "its notes say that something else came back than it held: see what the stock says"};
        return AllRight{};
    }
    std::string what;
    for (const auto& one : added) {
        what += (what.empty() ? "" : " ") + one.key;
        if (one.target != CompensationTarget::coupon) continue;
        if (const auto held = transaction.userCoupons().lock(order->user, *order->coupon))
            transaction.userCoupons().giveBack(held->id, order->id);
    }
    return Mended{"noted as given back: " + what};
}

} // namespace outboxd::commerce::mysql::reconcile
