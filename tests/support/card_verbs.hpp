// What happens between the shop and the gateway, in one line each, over any unit of work.
#pragma once

#include "commerce/card_payments.hpp"
#include "commerce/payment_recovery.hpp"
#include "commerce/refunds.hpp"
#include "tests/support/shop_verbs.hpp"

#include <optional>

namespace outboxd::testing {

class CardVerbs {
public:
    CardVerbs(commerce::UnitOfWork& unitOfWork, commerce::CardGateway& gateway, commerce::PaymentWatch& watch,
              const core::Clock& clock, const commerce::CardRules& rules = {})
        : unitOfWork_(unitOfWork), cards(unitOfWork, gateway, watch, clock, rules),
          recovery(unitOfWork, gateway, watch, rules), rules(rules) {}

    commerce::BeginCardPaymentResult begin(commerce::OrderId order, commerce::UserId user) {
        const auto command = valid(commerce::PayByCard{order, user, "tok_1", {}});
        return commerce::transact(
            unitOfWork_,
            [&](commerce::Transaction& t) { return commerce::beginCardPayment(t, rules, command); }, kept);
    }
    // To the gateway and back.
    commerce::Payment pay(commerce::OrderId order, commerce::UserId user) {
        return cards.charge(std::get<commerce::Payment>(begin(order, user)), "tok_1", {}).payment;
    }
    commerce::Settlement answer(commerce::PaymentId payment, commerce::GatewayAnswer::Outcome outcome) {
        return commerce::transact(unitOfWork_, [&](commerce::Transaction& t) {
            return commerce::settle(t, rules, payment, {outcome, "because"}, {});
        });
    }
    commerce::RequestRefundResult requestRefund(commerce::PaymentId payment,
                                                std::optional<std::int64_t> amount = {},
                                                std::vector<commerce::Pieces> lines = {}) {
        commerce::RequestRefund command{.payment = payment,
                                        .amount = {},
                                        .reason = "broken",
                                        .lines = std::move(lines),
                                        .traceparent = {}};
        if (amount) command.amount = core::Money{*amount};
        const auto checked = valid(std::move(command));
        return commerce::transact(
            unitOfWork_, [&](commerce::Transaction& t) { return commerce::requestRefund(t, rules, checked); },
            kept);
    }
    commerce::Refund refund(commerce::PaymentId payment, std::optional<std::int64_t> amount = {},
                            std::vector<commerce::Pieces> lines = {}) {
        return cards.refund(std::get<commerce::Refund>(requestRefund(payment, amount, std::move(lines))), {});
    }
    commerce::TakeNewsResult news(const std::string& id, const commerce::Payment& payment, bool succeeded) {
        return cards.take(valid(commerce::GatewayNews{.id = id,
                                                      .key = payment.gatewayKey.value(),
                                                      .kind = commerce::GatewayNews::Kind::charge,
                                                      .succeeded = succeeded,
                                                      .amount = payment.amount,
                                                      .reason = "because",
                                                      .traceparent = {}}));
    }
    int recover() {
        return recovery.round(100, [] { return true; });
    }

private:
    commerce::UnitOfWork& unitOfWork_;

public:
    commerce::CardPayments cards;
    commerce::PaymentRecovery recovery;
    const commerce::CardRules rules;
};

} // namespace outboxd::testing
