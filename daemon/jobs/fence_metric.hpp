// How often a job's transaction met its fence: somebody was slower than its lease, and wrote nothing.
#pragma once

#include "platform/metrics/metrics.hpp"
#include "scheduler/job.hpp"

#include <vector>

namespace outboxd::daemon {

// The same jobs; those with a lock count under outboxd_fenced_transactions_total{job}. `registry` must outlive them.
std::vector<scheduler::Job> withFenceMetric(std::vector<scheduler::Job> jobs, metrics::Registry& registry);

} // namespace outboxd::daemon
