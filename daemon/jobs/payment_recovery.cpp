#include "commerce/payment_recovery.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

scheduler::Job paymentRecovery(const JobParts& parts, commerce::CardGateway& gateway,
                               commerce::PaymentWatch& watch, const commerce::CardRules& rules) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, &gateway, &watch, rules](const scheduler::JobContext& context) {
                constexpr int batch = 100;
                auto unitOfWork = fenced(parts, context);
                commerce::PaymentRecovery recovery{unitOfWork, gateway, watch, rules};
                recovery.round(batch, [&] { return !context.cancelled.stop_requested(); });
            }};
}

} // namespace outboxd::daemon
