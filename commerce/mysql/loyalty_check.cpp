#include "commerce/mysql/loyalty_check.hpp"

#include "sql/loyalty.hpp"

namespace outboxd::commerce::mysql {

LoyaltyCheck::LoyaltyCheck(database::Session& session, std::span<const LoyaltyEvent> events) {
    std::set<PaymentId> payments;
    std::set<RefundId> refunds;
    for (const auto& event : events) {
        std::visit([&](const auto& what) { payments.insert(what.payment); }, event.what);
        if (const auto* back = std::get_if<PaymentTakenBack>(&event.what)) refunds.insert(back->refund);
    }
    for (const auto& row : session.query(sql::loyalty::payments, {jsonOfIds(payments)})) {
        if (row.isNull(1) || row.isNull(2)) continue; // an authorization: nobody's order
        payments_.emplace(row.id<PaymentId>(0), Paid{.order = row.id<OrderId>(1),
                                                     .user = row.id<UserId>(2),
                                                     .amount = row.money(3),
                                                     .succeeded = row.integer(4) == 1,
                                                     .account = !row.isNull(5)});
    }
    if (refunds.empty()) return;
    for (const auto& row : session.query(sql::loyalty::refunds, {jsonOfIds(refunds)}))
        refunds_.emplace(row.id<RefundId>(0), Refunded{row.id<PaymentId>(1), row.money(2)});
}

std::optional<std::string> LoyaltyCheck::refusal(const LoyaltyEvent& event) const {
    const auto* made = std::get_if<PaymentMade>(&event.what);
    const auto* back = std::get_if<PaymentTakenBack>(&event.what);
    const auto payment = payments_.find(made ? made->payment : back->payment);
    if (payment == payments_.end()) return "paymentId is of no payment of this shop for an order";
    const auto& paid = payment->second;
    if (paid.user != (made ? made->user : back->user)) return "userId is not who made this payment";
    if (!paid.account) return "userId is of nobody with a point account";
    if (paid.order != (made ? made->order : back->order)) return "orderId is not what this payment was for";
    if (made) {
        if (paid.amount != made->amount) return "amount is not that of this payment";
        if (!paid.succeeded) return "paymentId is of a payment that was not completed";
        return std::nullopt;
    }
    const auto refund = refunds_.find(back->refund);
    if (refund == refunds_.end() || refund->second.payment != back->payment)
        return "refundId is of no refund of this payment that went through";
    if (refund->second.amount != back->amount) return "amount is not that of this refund";
    if (back->total > paid.amount) return "refundedTotal is more than was paid";
    return std::nullopt;
}

} // namespace outboxd::commerce::mysql
