#include "scheduler/job_preview.hpp"

#include "platform/core/error.hpp"
#include "scheduler/schedule_text.hpp"

#include <algorithm>

namespace outboxd::scheduler {

namespace {

// What the runs to come are counted from, so that the first of them lies after `job.seen`.
core::Timestamp base(const Schedule& schedule, const JobDetails& job) {
    switch (schedule.kind) {
    case Schedule::Kind::cron: break;
    case Schedule::Kind::fixed_rate:
        if (!job.planned || *job.planned > job.seen) break;
        return *job.planned + schedule.interval * ((job.seen - *job.planned) / schedule.interval);
    case Schedule::Kind::fixed_delay:
        if (!job.last || !job.last->ended) break;
        return std::max(*job.last->ended, job.seen - schedule.interval);
    }
    return job.seen;
}

} // namespace

JobPreview previewOf(const JobDetails& job, std::size_t count) {
    try {
        const auto schedule = parseSchedule(job.schedule, job.zone);
        return {inWords(schedule), nextRuns(schedule, base(schedule, job), count)};
    } catch (const core::Error&) { // declared by a newer version
        return {job.schedule, {}};
    }
}

} // namespace outboxd::scheduler
