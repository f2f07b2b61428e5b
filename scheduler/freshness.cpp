#include "scheduler/freshness.hpp"

#include <utility>

namespace outboxd::scheduler {

std::vector<PartitionProgress> Freshness::observe(core::Timestamp relayedUpTo,
                                                  const std::vector<PartitionEnd>& ends) {
    std::vector<PartitionProgress> reached;
    decltype(partitions_) seen;
    for (const auto& end : ends) {
        const auto before = partitions_.find({end.topic, end.partition});
        auto goal = before == partitions_.end() ? std::nullopt : before->second;
        std::optional<core::Timestamp> upTo;
        if (before == partitions_.end())
            upTo.emplace(); // shows that it is read, before it was ever caught up
        if (goal && end.next >= goal->end) upTo = std::exchange(goal, std::nullopt)->upTo;
        if (end.next >= end.high) {
            goal.reset();
            upTo = relayedUpTo;
        } else if (!goal) {
            goal = Goal{relayedUpTo, end.high};
        }
        if (upTo) reached.push_back({end.topic, end.partition, *upTo});
        seen.emplace(std::pair{end.topic, end.partition}, goal);
    }
    partitions_ = std::move(seen);
    return reached;
}

} // namespace outboxd::scheduler
