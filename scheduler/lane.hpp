// Lanes: the unit in which nodes share the outbox.
//
// An event's lane is CRC32(order_key) & 15, so all events of one key are in one lane, and a lane has at most one
// relaying node at a time: the holder of the ShedLock lock "outbox-lane-NN".
#pragma once

#include <cstdint>
#include <string>

namespace outboxd::scheduler {

using Lane = std::uint8_t;
inline constexpr int kLanes = 16;

// The ShedLock name of a lane: "outbox-lane-00" to "outbox-lane-15".
inline std::string laneLock(Lane lane) {
    return std::string("outbox-lane-") + static_cast<char>('0' + lane / 10) +
           static_cast<char>('0' + lane % 10);
}

} // namespace outboxd::scheduler
