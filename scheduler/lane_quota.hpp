// How many lanes a node should hold. A hint that spreads the work: what excludes is the lane's lease.
#pragma once

#include "scheduler/lane.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace outboxd::scheduler {

// 16 / n of the nodes that live; the first ones by name take one more each until nothing is left. `self` counts
// whether it is among `alive` or not.
inline std::size_t laneQuota(std::vector<std::string> alive, const std::string& self) {
    alive.push_back(self);
    std::ranges::sort(alive);
    alive.erase(std::unique(alive.begin(), alive.end()), alive.end());
    const auto rank = static_cast<std::size_t>(std::ranges::find(alive, self) - alive.begin());
    constexpr std::size_t lanes = kLanes;
    return lanes / alive.size() + (rank < lanes % alive.size() ? 1 : 0);
}

} // namespace outboxd::scheduler
