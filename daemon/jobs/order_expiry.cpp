#include "commerce/cancel.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

namespace {

constexpr int kAtOnce = 200;
constexpr int kRounds = 50; // so that one run ends, however much there is; the next one goes on

} // namespace

scheduler::Job orderExpiry(const JobParts& parts) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts](const scheduler::JobContext& context) {
                auto shop = fenced(parts, context);
                const auto stop = [&] { return context.cancelled.stop_requested(); };
                for (int round = 0; round < kRounds && !stop(); ++round) {
                    const auto done = commerce::expireOrders(shop, kAtOnce, stop);
                    if (done.seen < kAtOnce || done.expired == 0) return;
                }
            }};
}

} // namespace outboxd::daemon
