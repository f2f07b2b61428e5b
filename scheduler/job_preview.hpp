// When a job will run, told in words and as times.
#pragma once

#include "scheduler/job_desk.hpp"

namespace outboxd::scheduler {

struct JobPreview {
    std::string words = {};
    std::vector<core::Timestamp> next = {}; // without jitter; of a paused job what would be
};

// At most `count` runs from `job.seen` on. With a fixed delay they follow each other as if they took no time, and a run
// that is under way as if it ended now. A schedule that this version cannot read has its text for words, and no times.
JobPreview previewOf(const JobDetails& job, std::size_t count);

} // namespace outboxd::scheduler
