#include "daemon/jobs/fence_metric.hpp"

namespace outboxd::daemon {

std::vector<scheduler::Job> withFenceMetric(std::vector<scheduler::Job> jobs, metrics::Registry& registry) {
    for (auto& job : jobs) {
        if (!job.lock) continue;
        auto fenced = registry.counter("outboxd_fenced_transactions_total",
                                       "Transactions of jobs that were rolled back because the lock was lost",
                                       {{"job", job.name}});
        job.work = [work = std::move(job.work), fenced](const scheduler::JobContext& context) mutable {
            try {
                work(context);
            } catch (const scheduler::TermLost&) { // thrown by a fence alone
                fenced.increment();
                throw;
            }
        };
    }
    return jobs;
}

} // namespace outboxd::daemon
