#include "commerce/payment_recovery.hpp"

#include "commerce/refund_ports.hpp"
#include "commerce/watched_settlement.hpp"
#include "platform/core/error.hpp"

namespace outboxd::commerce {
namespace {

using Outcome = GatewayAnswer::Outcome;

struct Due {
    std::vector<PaymentId> payments;
    std::vector<RefundId> refunds;
};

// One that is broken must not keep the others waiting behind it.
class Work {
public:
    template <class Step> void run(Step step) {
        try {
            step();
            ++count_;
        } catch (const core::Error& error) {
            if (error.kind() != core::ErrorKind::internal && error.kind() != core::ErrorKind::invalid_data)
                throw;
            if (!broken_) broken_ = error;
        } catch (const std::exception& error) {
            if (!broken_) broken_ = core::Error(core::ErrorKind::internal, error.what());
        }
    }
    // How many went well, or what was wrong with the first that did not.
    int done() const {
        if (broken_) throw core::Error(*broken_);
        return count_;
    }

private:
    int count_ = 0;
    std::optional<core::Error> broken_;
};

constexpr auto kReadOnly = [](const auto&) { return false; };

} // namespace

int PaymentRecovery::round(int limit, const std::function<bool()>& goOn) {
    const auto due = transact(
        unitOfWork_,
        [&](Transaction& transaction) {
            const auto now = transaction.clock().today();
            return Due{transaction.payments().due(now, limit), transaction.refunds().due(now, limit)};
        },
        kReadOnly);
    Work work;
    for (const auto id : due.payments) {
        if (!goOn()) break;
        work.run([&] { recover(id); });
    }
    for (const auto id : due.refunds) {
        if (!goOn()) break;
        work.run([&] { recover(id); });
    }
    return work.done();
}

void PaymentRecovery::recover(PaymentId id) {
    const auto payment = transact(
        unitOfWork_, [&](Transaction& transaction) { return transaction.payments().find(id).value(); },
        kReadOnly);
    // Whoever was to write down the answer is gone. Everybody may know that, whatever the gateway says next.
    if (payment.state == PaymentState::pending) {
        settleWatched(unitOfWork_, watch_, rules_, id,
                      {Outcome::unknown, "The gateway's answer was never written down."}, {});
    }
    const auto answer = gateway_.chargeState(payment.gatewayKey.value());
    settleWatched(unitOfWork_, watch_, rules_, id, answer, {});
}

void PaymentRecovery::recover(RefundId id) {
    const auto refund = transact(
        unitOfWork_, [&](Transaction& transaction) { return transaction.refunds().find(id).value(); },
        kReadOnly);
    const auto send = [&] {
        return gateway_.refund({refund.gatewayKey.value(), refund.paymentKey.value(), refund.amount});
    };
    // One that may have arrived is asked for first; sending it again under its key is safe all the same.
    auto answer =
        refund.state == RefundState::unknown ? gateway_.refundState(refund.gatewayKey.value()) : send();
    if (answer.outcome == Outcome::not_found) answer = send();
    settleWatched(unitOfWork_, watch_, rules_, id, answer, {});
}

} // namespace outboxd::commerce
