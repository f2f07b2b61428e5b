#include "commerce/settlement.hpp"

#include "commerce/compensation_ports.hpp"
#include "commerce/events.hpp"
#include "commerce/payment_events.hpp"
#include "commerce/refund_ports.hpp"
#include "commerce/release.hpp"
#include "commerce/require.hpp"

namespace outboxd::commerce {
namespace {

using Outcome = GatewayAnswer::Outcome;

bool isOpen(PaymentState state) { return state == PaymentState::pending || state == PaymentState::unknown; }

class Settling {
public:
    Settling(Transaction& transaction, const CardRules& rules, PaymentId id,
             const std::optional<std::string>& traceparent)
        : transaction_(transaction), rules_(rules), traceparent_(traceparent),
          now_(transaction.clock().today()) {
        const auto seen = transaction.payments().find(id);
        require(seen && seen->order, "a payment without an order was to be settled");
        auto order = transaction.orders().lock(*seen->order);
        auto payment = transaction.payments().lock(id);
        require(order && payment, "a payment or its order vanished");
        order_ = std::move(*order);
        payment_ = std::move(*payment);
    }

    Settlement run(const GatewayAnswer& answer) {
        switch (answer.outcome) {
        case Outcome::succeeded: succeed(); break;
        case Outcome::declined: fail(answer.reason); break;
        case Outcome::not_found:
            if (now_ >= rules_.abandonedAt(payment_.createdAt) + rules_.notFoundAfter) {
                fail("The gateway never received the payment.");
            } else {
                waitOn("The gateway has not received the payment yet.");
            }
            break;
        case Outcome::unknown: waitOn(answer.reason); break;
        case Outcome::pending: askLater(); break;
        }
        return {payment_, changed_, order_.completedAt, anomaly_};
    }

private:
    void succeed() {
        if (payment_.state == PaymentState::failed) return refundLateSuccess();
        if (!isOpen(payment_.state)) return;
        move(PaymentState::succeeded, std::nullopt, std::nullopt);
        if (order_.cancelRequested) {
            planRefund("The order was cancelled while it was being paid.");
            endOrder(OrderState::cancelled);
        } else {
            order_.completedAt = now_;
            moveOrder(OrderState::complete);
            emit(paymentCompleted(transaction_.clock(), order_, payment_, traceparent_));
        }
    }

    void fail(const std::string& reason) {
        if (payment_.state == PaymentState::succeeded || payment_.state == PaymentState::refunded)
            anomaly_ = Anomaly::payment_failure_after_success;
        if (!isOpen(payment_.state)) return;
        move(PaymentState::failed, reason, std::nullopt);
        emit(paymentFailed(transaction_.clock(), order_, payment_, traceparent_));
        if (order_.cancelRequested) {
            endOrder(OrderState::cancelled);
        } else if (order_.expiresAt <= now_) {
            endOrder(OrderState::expired);
        } else {
            moveOrder(OrderState::waiting);
        }
    }

    void waitOn(const std::string& reason) {
        if (payment_.state != PaymentState::pending) return askLater();
        move(PaymentState::unknown, reason, rules_.nextInquiry(payment_.id.value, payment_.inquiries, now_));
        emit(paymentUnknown(transaction_.clock(), order_, payment_, traceparent_));
    }

    void askLater() {
        if (!isOpen(payment_.state)) return;
        const auto next = rules_.nextInquiry(payment_.id.value, ++payment_.inquiries, now_);
        transaction_.payments().inquireAgain(payment_.id, next);
        payment_.nextInquiryAt = next;
    }

    void refundLateSuccess() {
        if (planRefund("The card was charged after the payment had failed."))
            anomaly_ = Anomaly::payment_success_after_failure;
    }

    // Of everything, once per payment; false if it was planned before. The recovery sends it.
    bool planRefund(const char* reason) {
        const auto wanted = moneyBack(order_.id, payment_.id, CompensationState::pending);
        if (transaction_.compensations().add(order_.id, {wanted}).empty()) return false;
        require(transaction_.payments().reserveRefund(payment_.id, payment_.amount),
                "a payment that was just charged is refunded already");
        payment_.refunded = payment_.amount;
        transaction_.refunds().add({.id = {},
                                    .payment = payment_.id,
                                    .order = order_.id,
                                    .user = {},
                                    .amount = payment_.amount,
                                    .state = RefundState::pending,
                                    .origin = RefundOrigin::compensation,
                                    .reason = reason,
                                    .gatewayKey = core::newEventId(transaction_.clock()).text(),
                                    .nextAttemptAt = now_,
                                    .createdAt = now_});
        return true;
    }

    void endOrder(OrderState state) {
        moveOrder(state);
        emit(state == OrderState::cancelled ? orderCancelled(transaction_.clock(), order_, traceparent_)
                                            : orderExpired(transaction_.clock(), order_, traceparent_));
        release(transaction_, order_); // locks stock, so it comes last
    }

    void moveOrder(OrderState to) {
        require(transaction_.orders().move(order_.id, OrderState::paying, to, order_.completedAt),
                "an order is not being paid although its payment is under way");
        order_.state = to;
    }

    void move(PaymentState to, std::optional<std::string> reason,
              std::optional<core::Timestamp> nextInquiryAt) {
        require(transaction_.payments().move(payment_.id, payment_.state, to, reason, nextInquiryAt),
                "a payment changed its state while its row was locked");
        payment_.state = to;
        payment_.reason = std::move(reason);
        payment_.nextInquiryAt = nextInquiryAt;
        changed_ = true;
    }

    void emit(const OutboxEvent& event) { transaction_.outbox().add(event); }

    Transaction& transaction_;
    const CardRules& rules_;
    const std::optional<std::string>& traceparent_;
    const core::Timestamp now_;
    Order order_;
    Payment payment_;
    bool changed_ = false;
    std::optional<Anomaly> anomaly_;
};

} // namespace

Settlement settle(Transaction& transaction, const CardRules& rules, PaymentId id, const GatewayAnswer& answer,
                  const std::optional<std::string>& traceparent) {
    return Settling(transaction, rules, id, traceparent).run(answer);
}

} // namespace outboxd::commerce
