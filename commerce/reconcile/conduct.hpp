// How a run goes.
#pragma once

#include "commerce/reconcile/runs.hpp"

#include <functional>
#include <memory>

namespace outboxd::commerce::reconcile {

using Checks = std::vector<std::unique_ptr<Check>>;

// Of one check. What is found beyond is counted, and left to the next run.
inline constexpr std::int64_t kMostKept = 1000;

// How often a run that is busy looks whether it was cancelled.
inline constexpr std::chrono::seconds kAskAgain{1};

struct Surroundings {
    const core::Clock& clock;
    std::function<bool()> stopping;                       // the node stops, or the lock is lost
    std::function<bool(std::chrono::microseconds)> pause; // waits; false if it has to end at once
};

// Makes the checks of `run` one after the other, in the order of `checks`, treats what they find as the mode says, and writes
// everything down. A check that cannot be made does not keep the others from being made. Throws what `log` throws.
Ending conduct(const Run& run, const Checks& checks, RunLog& log, const Surroundings& surroundings);

} // namespace outboxd::commerce::reconcile
