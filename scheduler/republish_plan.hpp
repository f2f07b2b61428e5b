// From the events that shall be sent once more to steps: ranges of ids within a lane. Pure.
#pragma once

#include "scheduler/lane.hpp"

#include <array>
#include <cstdint>
#include <functional>

namespace outboxd::scheduler {

struct RepublishStep {
    Lane lane = 0;
    std::int64_t first = 0, last = 0; // every event of the lane between them is wanted
    std::int64_t events = 0;
};

class RepublishPlan {
public:
    // `emit` gets each step once; `longest`: the most events of one, so that an owner executes it quickly.
    explicit RepublishPlan(std::function<void(const RepublishStep&)> emit, std::int64_t longest = 500)
        : emit_(std::move(emit)), longest_(longest) {}

    // Every event there is, wanted or not, in the order of ids: one that is not wanted ends the range of its lane.
    void event(std::int64_t id, Lane lane, bool wanted) {
        auto& range = ranges_.at(lane);
        if (!wanted) return close(range);
        if (range.events == 0) range = {lane, id, id, 0};
        range.last = id;
        if (++range.events == longest_) close(range);
    }
    void finish() {
        for (auto& range : ranges_) close(range);
    }

private:
    void close(RepublishStep& range) {
        if (range.events > 0) emit_(range);
        range.events = 0;
    }

    const std::function<void(const RepublishStep&)> emit_;
    const std::int64_t longest_;
    std::array<RepublishStep, kLanes> ranges_{};
};

} // namespace outboxd::scheduler
