#include "commerce/mysql/reconcile/run_log.hpp"
#include "daemon/jobs/jobs.hpp"
#include "daemon/reconcile_part.hpp"
#include "scheduler/mysql/fence.hpp"

namespace outboxd::daemon {

scheduler::Job reconcile(const JobParts& parts, bool repair) {
    using commerce::reconcile::Mode;
    return {
        .history = scheduler::Job::History::every_run,
        .work = [&parts, mode = repair ? Mode::repair : Mode::report](const scheduler::JobContext& context) {
            commerce::mysql::reconcile::scheduleRun(
                parts.stores.work, mode, [term = context.term.value()](database::Session& session) {
                    scheduler::mysql::requireTerm(session, term);
                });
        }};
}

scheduler::Job reconcileRuns(const JobParts& parts, ReconcilePart& part) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, &part](const scheduler::JobContext& context) { part.makeNext(parts, context); }};
}

scheduler::Job reconcileFigures(const JobParts& parts, ReconcilePart& part) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, &part](const scheduler::JobContext&) { part.measure(parts.stores.work); }};
}

} // namespace outboxd::daemon
