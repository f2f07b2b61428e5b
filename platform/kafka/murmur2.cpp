#include "platform/kafka/murmur2.hpp"

namespace outboxd::kafka {

std::int32_t murmur2(std::string_view key) {
    constexpr std::uint32_t multiplier = 0x5bd1e995;
    constexpr std::uint32_t seed = 0x9747b28c;
    const auto byte = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(key[at]));
    };

    std::uint32_t hash = seed ^ static_cast<std::uint32_t>(key.size());
    std::size_t at = 0;
    for (; at + 4 <= key.size(); at += 4) {
        std::uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
        word *= multiplier;
        word ^= word >> 24;
        word *= multiplier;
        hash = (hash * multiplier) ^ word;
    }
    if (at < key.size()) {
        for (std::size_t i = key.size(); i-- > at;) hash ^= byte(i) << (8 * (i - at));
        hash *= multiplier;
    }
    hash ^= hash >> 13;
    hash *= multiplier;
    hash ^= hash >> 15;
    return static_cast<std::int32_t>(hash);
}

int partitionOf(std::string_view key, int partitions) { return (murmur2(key) & 0x7fffffff) % partitions; }

} // namespace outboxd::kafka
