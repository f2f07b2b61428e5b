// Removes what histories have kept for long enough.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/lease.hpp"

#include <functional>

namespace outboxd::scheduler::mysql {

// Each call works until nothing old is left or `goOn` says no, in short transactions that each end with the fence of
// `term`. For one thread. Throws core::Error; TermLost when another node has the job now. What was removed until then is
// removed, and the next call goes on.
class HistoryRetention {
public:
    // References must outlive it.
    HistoryRetention(database::Database& database, Term term, std::function<bool()> goOn)
        : database_(database), term_(std::move(term)), goOn_(std::move(goOn)) {}

    // Runs of jobs that began more than `days` days ago, but for the last of each job.
    std::int64_t jobRuns(std::int64_t days);

    // The notes of which event had its effect, where they are older than `age`. An event of which no note is left would
    // count again if it came again, so the notes of events that the outbox could send once more, and those since the first
    // dead letter, stay however old.
    std::int64_t processedEvents(std::chrono::seconds age);

    // Runs of the reconciliation that began more than `days` days ago, with their findings, but for the last one.
    std::int64_t reconciliations(std::int64_t days);

private:
    template <class Work> auto fenced(Work work);

    database::Database& database_;
    const Term term_;
    const std::function<bool()> goOn_;
};

// The topics that listeners read, on whatever node.
std::vector<std::string> readTopics(database::Database& database);

} // namespace outboxd::scheduler::mysql
