// The jobs that join the shop and the schedule, one file each. Each says what happens if it runs twice, late, or dies
// half way.
#pragma once

#include "daemon/jobs/fenced.hpp"

namespace outboxd::daemon {

// Removes idempotency records whose time is over. Twice, late or half done: the rest goes with the next run.
scheduler::Job idempotencyRetention(const JobParts& parts);

} // namespace outboxd::daemon
