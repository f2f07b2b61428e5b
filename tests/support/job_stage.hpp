// What jobs need around them in a test.
#pragma once

#include "scheduler/job_runner.hpp"
#include "tests/support/memory_board.hpp"
#include "tests/support/memory_logger.hpp"

namespace outboxd::testing {

struct JobStage {
    ManualClock clock;
    MemoryLocks locks{clock};
    MemoryHistory history;
    MemoryBoard board{locks, clock, history};
    MemoryLogger logger;
    scheduler::JobEnvironment environment{locks, board, history, clock, logger, "node-1"};
};

// As a job does that has nothing else to look at.
inline void awaitCancel(const std::stop_token& cancelled) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, cancelled, [] { return false; });
}

} // namespace outboxd::testing
