#include "scheduler/mysql/outbox_retention.hpp"
#include "daemon/jobs/jobs.hpp"
#include "daemon/jobs/rest.hpp"

namespace outboxd::daemon {

scheduler::Job outboxRetention(const JobParts& parts, std::int64_t days) {
    return {.history = scheduler::Job::History::transitions,
            .work = [&parts, days](const scheduler::JobContext& context) {
                scheduler::mysql::RetentionSettings settings;
                settings.eventDays = days;
                scheduler::mysql::OutboxRetention retention(
                    parts.stores.work, parts.clock, settings,
                    [&](std::chrono::microseconds time) { return rest(context.cancelled, time); });
                const auto removed = retention.run(context.term.value());
                if (removed.events + removed.commands == 0) return;
                parts.logger.info("outbox_retention", {{"events", removed.events},
                                                       {"commands", removed.commands},
                                                       {"statements", removed.statements},
                                                       {"slowest_us", removed.slowest.count()}});
            }};
}

} // namespace outboxd::daemon
