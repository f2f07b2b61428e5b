#include "commerce/compensation_ports.hpp"
#include "commerce/payment_events.hpp"
#include "commerce/refund_ports.hpp"
#include "commerce/release.hpp"
#include "commerce/require.hpp"
#include "commerce/settlement.hpp"

namespace outboxd::commerce {
namespace {

using Outcome = GatewayAnswer::Outcome;

bool isOpen(RefundState state) { return state == RefundState::pending || state == RefundState::unknown; }

class Settling {
public:
    Settling(Transaction& transaction, const CardRules& rules, RefundId id,
             const std::optional<std::string>& traceparent)
        : transaction_(transaction), rules_(rules), traceparent_(traceparent),
          now_(transaction.clock().today()) {
        const auto seen = transaction.refunds().find(id);
        require(seen && seen->order, "a refund without an order was to be settled");
        auto order = transaction.orders().lock(*seen->order);
        auto payment = transaction.payments().lock(seen->payment);
        auto refund = transaction.refunds().lock(id);
        require(order && payment && refund, "a refund, its payment or its order vanished");
        order_ = std::move(*order);
        payment_ = std::move(*payment);
        refund_ = std::move(*refund);
    }

    RefundSettlement run(const GatewayAnswer& answer) {
        switch (answer.outcome) {
        case Outcome::succeeded: succeed(); break;
        case Outcome::declined: fail(answer.reason); break;
        case Outcome::not_found: // it is sent again under the same key
        case Outcome::unknown: waitOn(answer.reason); break;
        case Outcome::pending: askLater(); break;
        }
        return {refund_, changed_, anomaly_, refused_};
    }

private:
    void succeed() {
        if (refund_.state == RefundState::failed && !countAgain()) return;
        if (refund_.state == RefundState::succeeded) return;
        move(RefundState::succeeded, std::nullopt, std::nullopt);
        const auto total = transaction_.refunds().succeeded(payment_.id);
        const bool full = total == payment_.amount;
        transaction_.outbox().add(
            paymentRefunded(transaction_.clock(), order_, payment_, refund_, {total, full}, traceparent_));
        if (full) closePayment();
        if (payment_.method == PaymentMethod::points && !givePointsBack()) return;
        takeGoodsBack(); // locks stock, so it comes last
    }

    void fail(const std::string& reason) {
        if (refund_.state == RefundState::succeeded) anomaly_ = Anomaly::refund_failure_after_success;
        if (!isOpen(refund_.state)) return;
        move(RefundState::failed, reason, std::nullopt);
        transaction_.payments().takeBackReservation(payment_.id, refund_.amount);
        anomaly_ = Anomaly::refund_declined;
    }

    void waitOn(const std::string& reason) {
        if (refund_.state != RefundState::pending) return askLater();
        move(RefundState::unknown, reason, rules_.nextInquiry(refund_.id.value, refund_.attempts, now_));
    }

    void askLater() {
        if (!isOpen(refund_.state)) return;
        const auto next = rules_.nextInquiry(refund_.id.value, ++refund_.attempts, now_);
        transaction_.refunds().attemptAgain(refund_.id, next);
        refund_.nextAttemptAt = next;
    }

    // The money went back although we had been told otherwise. What was reserved for it may be spoken for by now.
    bool countAgain() {
        anomaly_ = Anomaly::refund_success_after_failure;
        return transaction_.payments().reserveRefund(payment_.id, refund_.amount);
    }

    // Nothing of the money is left. A payment that had failed stays so: the order may have another one.
    void closePayment() {
        const auto owed = moneyBack(order_.id, payment_.id, CompensationState::pending);
        transaction_.compensations().complete(owed.key);
        if (payment_.state != PaymentState::succeeded) return;
        require(transaction_.payments().move(payment_.id, PaymentState::succeeded, PaymentState::refunded,
                                             payment_.reason, std::nullopt),
                "a payment changed its state while its row was locked");
        releaseCoupon(transaction_, order_);
    }

    bool givePointsBack() {
        auto& accounts = transaction_.accounts();
        const auto balance = accounts.change(order_.user, refund_.amount, kMostBalance);
        if (!balance) {
            refused_ =
                BalanceLimitReached{accounts.balance(order_.user).value_or(core::Money{}), kMostBalance};
            return false;
        }
        accounts.record(order_.user, {.id = {},
                                      .kind = HistoryKind::refund,
                                      .amount = refund_.amount,
                                      .balanceAfter = *balance,
                                      .reference = "refund:" + std::to_string(refund_.id.value),
                                      .at = now_});
        return true;
    }

    void takeGoodsBack() {
        std::vector<Compensation> wanted;
        for (const auto& pieces : refund_.lines) wanted.push_back(goodsBack(order_.id, refund_.id, pieces));
        std::vector<Pieces> stock; // by product id, as the lines are
        for (const auto& given : transaction_.compensations().add(order_.id, wanted))
            stock.push_back({ProductId{given.targetId}, given.quantity.value()});
        if (!stock.empty()) transaction_.products().giveBack(stock);
    }

    void move(RefundState to, std::optional<std::string> failure,
              std::optional<core::Timestamp> nextAttemptAt) {
        require(transaction_.refunds().move(refund_.id, refund_.state, to, failure, nextAttemptAt),
                "a refund changed its state while its row was locked");
        refund_.state = to;
        refund_.failure = std::move(failure);
        refund_.nextAttemptAt = nextAttemptAt;
        changed_ = true;
    }

    Transaction& transaction_;
    const CardRules& rules_;
    const std::optional<std::string>& traceparent_;
    const core::Timestamp now_;
    Order order_;
    Payment payment_;
    Refund refund_;
    bool changed_ = false;
    std::optional<Anomaly> anomaly_;
    std::optional<BalanceLimitReached> refused_;
};

} // namespace

RefundSettlement settleRefund(Transaction& transaction, const CardRules& rules, RefundId id,
                              const GatewayAnswer& answer, const std::optional<std::string>& traceparent) {
    return Settling(transaction, rules, id, traceparent).run(answer);
}

} // namespace outboxd::commerce
