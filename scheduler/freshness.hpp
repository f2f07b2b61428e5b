// Up to when a listener's effects are complete, partition by partition. No thread, no clock, no I/O.
//
// First the time T is taken up to which all committed events are in Kafka, then the ends of the partitions are asked
// for. A partition whose end, as it was asked after T, has been passed is complete up to T: whatever was committed before T
// lies before that end. While a listener lags, an end stays the goal until it is passed, so that progress goes on,
// late, and never claims too much.
#pragma once

#include "scheduler/consumer.hpp"

#include <map>

namespace outboxd::scheduler {

class Freshness {
public:
    // `ends` was asked for after `relayedUpTo`, when all that had been polled was worked off. What to write down: nothing
    // for partitions that are on their way.
    std::vector<PartitionProgress> observe(core::Timestamp relayedUpTo,
                                           const std::vector<PartitionEnd>& ends);

private:
    struct Goal {
        core::Timestamp upTo;
        std::int64_t end = 0;
    };
    // Of the partitions seen last time. Others are forgotten: whoever has them now has goals of its own.
    std::map<std::pair<std::string, int>, std::optional<Goal>> partitions_;
};

} // namespace outboxd::scheduler
