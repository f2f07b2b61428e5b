#include "commerce/card_payments.hpp"

#include "commerce/refund_ports.hpp"
#include "commerce/require.hpp"
#include "commerce/watched_settlement.hpp"
#include "platform/core/error.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

using Outcome = GatewayAnswer::Outcome;

bool isVisible(char c) { return c > 0x20 && c < 0x7f; }

bool isVisible(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), [](char c) { return isVisible(c); });
}

GatewayAnswer answerOf(const GatewayNews& news) {
    return {news.succeeded ? Outcome::succeeded : Outcome::declined, news.reason};
}

} // namespace

void PayByCard::check(Problems& problems) const {
    if (!isVisible(token, 255)) problems.add("/cardToken", "must be 1 to 255 visible ASCII characters");
}

BeginCardPaymentResult beginCardPayment(Transaction& transaction, const CardRules& rules,
                                        const Valid<PayByCard>& command) {
    auto payable = lockPayable(transaction, command->order, command->user);
    if (auto* refusal = std::get_if<OrderNotFound>(&payable)) return *refusal;
    if (auto* refusal = std::get_if<WrongState>(&payable)) return *refusal;
    if (auto* refusal = std::get_if<OrderExpired>(&payable)) return *refusal;
    const auto& order = std::get<Order>(payable);
    require(transaction.orders().move(order.id, OrderState::waiting, OrderState::paying, std::nullopt),
            "an order changed its state while its row was locked");
    Payment payment;
    payment.method = PaymentMethod::card;
    payment.state = PaymentState::pending;
    payment.amount = order.total;
    payment.order = order.id;
    payment.user = order.user;
    payment.createdAt = transaction.clock().today();
    payment.gatewayKey = core::newEventId(transaction.clock()).text();
    payment.nextInquiryAt = rules.abandonedAt(payment.createdAt);
    payment.id = transaction.payments().add(payment);
    if (payment.amount > core::Money{}) return payment;
    return settle(transaction, rules, payment.id, {Outcome::succeeded, {}}, command->traceparent).payment;
}

void GatewayNews::check(Problems& problems) const {
    if (!isVisible(id, 128)) problems.add("/webhook-id", "must be 1 to 128 visible ASCII characters");
    if (!isVisible(key, 64)) problems.add("/key", "must be 1 to 64 visible ASCII characters");
    problems.range("/amount", amount, core::Money{}, kMostBalance);
    problems.length("/reason", reason, 0, 191);
}

Settlement CardPayments::charge(const Payment& begun, const std::string& token,
                                const std::optional<std::string>& traceparent) {
    if (begun.state != PaymentState::pending) { // it cost nothing
        watch_.moved(begun.method, begun.state);
        return {.payment = begun, .completedAt = begun.createdAt};
    }
    const auto& key = begun.gatewayKey.value();
    // Whoever comes so late that the recovery may be asking already must not send money on its way any more.
    if (clock_.today() >= rules_.abandonedAt(begun.createdAt) - rules_.gatewayTimeout) {
        watch_.delayed("payment", begun.id.value, "too late to ask the gateway");
        return {.payment = begun};
    }
    const auto answer = gateway_.charge({key, begun.amount, token, begun.order.value()});
    try {
        return settleWatched(unitOfWork_, watch_, rules_, begun.id, answer, traceparent);
    } catch (const core::Error& error) {
        watch_.delayed("payment", begun.id.value, error.what());
        return {.payment = begun};
    }
}

Refund CardPayments::refund(const Refund& begun, const std::optional<std::string>& traceparent) {
    if (begun.state != RefundState::pending) return begun;
    const auto answer = gateway_.refund({begun.gatewayKey.value(), begun.paymentKey.value(), begun.amount});
    try {
        return settleWatched(unitOfWork_, watch_, rules_, begun.id, answer, traceparent).refund;
    } catch (const core::Error& error) {
        watch_.delayed("refund", begun.id.value, error.what());
        return begun;
    }
}

namespace {

// One message in its own transaction: what is known of it, and what follows from it.
class Taking {
public:
    Taking(Transaction& transaction, const CardRules& rules, const GatewayNews& news)
        : transaction_(transaction), rules_(rules), news_(news) {}

    TakeNewsResult run() {
        const auto outcome = news_.succeeded ? "SUCCEEDED" : "DECLINED";
        if (!transaction_.gatewayCallbacks().add(news_.id, news_.key, outcome)) return NewsKnown{};
        return news_.kind == GatewayNews::Kind::charge ? charge() : refund();
    }

    std::optional<Settlement> payment;
    std::optional<RefundSettlement> refunded;

private:
    TakeNewsResult charge() {
        const auto id = transaction_.payments().byGatewayKey(news_.key);
        const auto seen = id ? transaction_.payments().find(*id) : std::nullopt;
        if (!seen) return UnknownGatewayKey{};
        if (seen->amount != news_.amount) return AmountMismatch{seen->amount, news_.amount};
        payment = settle(transaction_, rules_, *id, answerOf(news_), news_.traceparent);
        return NewsTaken{};
    }

    TakeNewsResult refund() {
        const auto id = transaction_.refunds().byGatewayKey(news_.key);
        const auto seen = id ? transaction_.refunds().find(*id) : std::nullopt;
        if (!seen) return UnknownGatewayKey{};
        if (seen->amount != news_.amount) return AmountMismatch{seen->amount, news_.amount};
        refunded = settleRefund(transaction_, rules_, *id, answerOf(news_), news_.traceparent);
        return NewsTaken{};
    }

    Transaction& transaction_;
    const CardRules& rules_;
    const GatewayNews& news_;
};

} // namespace

TakeNewsResult CardPayments::take(const Valid<GatewayNews>& news) {
    std::optional<Settlement> payment;
    std::optional<RefundSettlement> refunded;
    const auto result = transact(
        unitOfWork_,
        [&](Transaction& transaction) {
            Taking taking{transaction, rules_, *news};
            auto taken = taking.run();
            payment = std::move(taking.payment);
            refunded = std::move(taking.refunded);
            return taken;
        },
        [](const TakeNewsResult& taken) { return std::holds_alternative<NewsTaken>(taken); });
    if (payment) report(watch_, *payment);
    if (refunded) report(watch_, *refunded);
    if (std::holds_alternative<AmountMismatch>(result)) {
        watch_.alert(news->kind == GatewayNews::Kind::charge ? Anomaly::payment_amount_mismatch
                                                             : Anomaly::refund_amount_mismatch,
                     news->key, 0);
    }
    return result;
}

} // namespace outboxd::commerce
