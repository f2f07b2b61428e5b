// The partition of a key as Kafka's Java producer computes it, so that events written by either go together.
// Source: org.apache.kafka.common.utils.Utils.murmur2 and BuiltInPartitioner.partitionForKey.
#pragma once

#include <cstdint>
#include <string_view>

namespace outboxd::kafka {

std::int32_t murmur2(std::string_view key);

// toPositive(murmur2(key)) % partitions; `partitions` is at least 1.
int partitionOf(std::string_view key, int partitions);

} // namespace outboxd::kafka
