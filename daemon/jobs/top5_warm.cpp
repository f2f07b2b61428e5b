#include "commerce/mysql/sales.hpp"
#include "daemon/jobs/jobs.hpp"
#include "scheduler/mysql/fence.hpp"

namespace outboxd::daemon {

using namespace std::chrono_literals;

scheduler::Job top5Warm(const JobParts& parts, commerce::BestSellersStore& store, std::string topics) {
    return {.name = "top5-warm",
            .schedule = {scheduler::Schedule::Kind::fixed_rate, 1h, 2s},
            .lock =
                scheduler::JobLock{.atMost = 30s, .atLeast = 1min}, // nodes that start together: one of them
            .timeout = 1min,
            .history = scheduler::Job::History::every_run,
            .work = [&parts, &store, topics = std::move(topics)](const scheduler::JobContext& context) {
                const auto hours = commerce::rankedHours(parts.clock.today());
                const auto best = parts.stores.work.transact([&](database::Session& session) {
                    auto found = commerce::mysql::bestSellers(session, topics, hours);
                    scheduler::mysql::requireTerm(session, context.term.value());
                    return found;
                });
                store.keep(best);
            }};
}

} // namespace outboxd::daemon
