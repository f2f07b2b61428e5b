#include "commerce/mysql/sales.hpp"
#include "daemon/jobs/jobs.hpp"
#include "scheduler/mysql/fence.hpp"

namespace outboxd::daemon {

scheduler::Job top5Warm(const JobParts& parts, commerce::BestSellersStore& store, std::string topics) {
    return {.history = scheduler::Job::History::every_run,
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
