#include "commerce/refunds.hpp"

#include "commerce/refund_ports.hpp"
#include "commerce/require.hpp"
#include "commerce/settlement.hpp"

#include <fmt/format.h>

#include <map>

namespace outboxd::commerce {
namespace {

constexpr std::size_t kMostLines = 100;
constexpr std::int64_t kMostOfOne = 1'000'000;

std::vector<Pieces> toPieces(const std::map<ProductId, std::int64_t>& quantities) {
    std::vector<Pieces> pieces;
    for (const auto& [product, quantity] : quantities) {
        if (quantity > 0) pieces.push_back({product, quantity});
    }
    return pieces;
}

// What of an order's goods is still out.
std::map<ProductId, std::int64_t> goodsOut(Transaction& transaction, const Order& order, PaymentId payment) {
    std::map<ProductId, std::int64_t> quantities;
    for (const auto& line : order.lines) quantities[line.product] += line.quantity;
    for (const auto& [product, quantity] : transaction.refunds().returned(payment)) {
        quantities[product] -= quantity;
    }
    return quantities;
}

// A payment that counts as failed may have been charged after all: then it is owed a refund.
bool canBeRefunded(Transaction& transaction, const Payment& payment) {
    if (payment.state == PaymentState::failed) return transaction.refunds().owed(payment.id);
    return payment.state == PaymentState::succeeded;
}

} // namespace

void RequestRefund::check(Problems& problems) const {
    if (amount) problems.range("/amount", *amount, core::Money{1}, kMostBalance);
    problems.length("/reason", reason, 1, 191);
    if (!amount && !lines.empty())
        problems.add("/lines", "need an amount; without one everything comes back");
    if (lines.size() > kMostLines)
        problems.add("/lines", fmt::format("must have at most {} lines", kMostLines));
    for (std::size_t i = 0; i < lines.size() && i < kMostLines; ++i) {
        if (lines[i].product.value < 1)
            problems.add(fmt::format("/lines/{}/productId", i), "must be 1 or more");
        problems.range(fmt::format("/lines/{}/quantity", i), lines[i].quantity, 1, kMostOfOne);
    }
}

RequestRefundResult requestRefund(Transaction& transaction, const CardRules& rules,
                                  const Valid<RequestRefund>& command) {
    const auto seen = transaction.payments().find(command->payment);
    if (!seen) return PaymentNotFound{command->payment};
    if (!seen->order) return NotRefundable{seen->method, seen->state};
    const auto order = transaction.orders().lock(*seen->order);
    const auto payment = transaction.payments().lock(command->payment);
    require(order && payment, "a payment or its order vanished");
    if (!canBeRefunded(transaction, *payment)) return NotRefundable{payment->method, payment->state};

    const core::Money left = payment->amount.minus(payment->refunded).value();
    const core::Money amount = command->amount.value_or(left);
    const bool nothing = left == core::Money{} && payment->amount > core::Money{};
    if (nothing || !transaction.payments().reserveRefund(payment->id, amount)) return RefundTooLarge{left};

    // What a failed payment or an ended order was to buy was never handed out.
    auto out = order->state == OrderState::complete && payment->state == PaymentState::succeeded
                   ? goodsOut(transaction, *order, payment->id)
                   : std::map<ProductId, std::int64_t>{};
    if (command->amount) {
        std::map<ProductId, std::int64_t> wanted;
        for (const auto& [product, quantity] : command->lines) wanted[product] += quantity;
        for (const auto& [product, quantity] : wanted) {
            if (quantity > out[product]) return TooManyReturned{product, out[product]};
        }
        out = std::move(wanted);
    }

    const bool card = payment->method == PaymentMethod::card;
    Refund refund{.id = {},
                  .payment = payment->id,
                  .order = order->id,
                  .user = order->user,
                  .amount = amount,
                  .reason = command->reason,
                  .createdAt = transaction.clock().today(),
                  .lines = toPieces(out)};
    if (card) {
        refund.gatewayKey = core::newEventId(transaction.clock()).text();
        refund.paymentKey = payment->gatewayKey;
        refund.nextAttemptAt = rules.abandonedAt(refund.createdAt);
    }
    refund.id = transaction.refunds().add(refund);
    if (card && amount > core::Money{}) return refund;

    auto settled = settleRefund(transaction, rules, refund.id, {GatewayAnswer::Outcome::succeeded, {}},
                                command->traceparent);
    if (settled.refused) return *settled.refused;
    return std::move(settled.refund);
}

} // namespace outboxd::commerce
