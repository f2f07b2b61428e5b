#include "scheduler/mysql/history_retention.hpp"
#include "daemon/jobs/jobs.hpp"

namespace outboxd::daemon {

scheduler::Job historyRetention(const JobParts& parts, std::int64_t days) {
    return {
        .history = scheduler::Job::History::transitions,
        .work = [&parts, days](const scheduler::JobContext& context) {
            constexpr std::int64_t reconcileDays = 90;
            scheduler::mysql::HistoryRetention retention(parts.stores.work, context.term.value(),
                                                         [&] { return !context.cancelled.stop_requested(); });
            const auto runs = retention.jobRuns(days);
            const auto reconciliations = retention.reconciliations(reconcileDays);
            if (runs + reconciliations == 0) return;
            parts.logger.info("history_retention", {{"job_runs", runs}, {"reconcile_runs", reconciliations}});
        }};
}

} // namespace outboxd::daemon
