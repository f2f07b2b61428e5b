#include "commerce/mysql/retention.hpp"
#include "daemon/jobs/jobs.hpp"
#include "scheduler/mysql/fence.hpp"

namespace outboxd::daemon {

scheduler::Job idempotencyRetention(const JobParts& parts) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts](const scheduler::JobContext& context) {
                constexpr std::int64_t batch = 1000;
                const auto removed = [&] {
                    return parts.stores.work.transact([&](database::Session& session) {
                        const auto count = commerce::mysql::removeExpiredKeys(session, batch);
                        scheduler::mysql::requireTerm(session, context.term.value());
                        return count;
                    });
                };
                while (!context.cancelled.stop_requested() && removed() == batch) {
                }
            }};
}

} // namespace outboxd::daemon
