#include "daemon/jobs/fenced.hpp"

#include "scheduler/mysql/fence.hpp"

namespace outboxd::daemon {

commerce::mysql::UnitOfWork fenced(const JobParts& parts, const scheduler::JobContext& run) {
    return {parts.stores.work, parts.clock, parts.ring,
            [term = run.term.value()](database::Session& session) {
                scheduler::mysql::requireTerm(session, term);
            }};
}

} // namespace outboxd::daemon
