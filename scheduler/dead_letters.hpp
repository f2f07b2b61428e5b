// Where a listener's loop puts what could not be worked off: the table dead_letter. The retries: dead_letter_retry.hpp.
//
// A key with dead letters is blocked for its listener: its later events are parked behind them, in the order of the
// topic, until the last one is gone. Which of the two happens is decided under the lock of the key's row in
// dead_letter_key, so no event can slip past a retry that is releasing the key. Independent listeners block nothing, and
// neither does a record without a key: topics give such records no order.
#pragma once

#include "scheduler/consumer.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::scheduler {

struct DeadLetter {
    Delivery record;
    std::string error;      // why; one sentence without secrets
    bool permanent = false; // a retry cannot help: it waits for a person at once
    int attempts = 1;       // made so far
};

// Of an error that is kept, in bytes.
inline constexpr std::size_t kLongestLetterError = 1000;

// The error without what differs from one event to the next (numbers, ids, quoted texts), hashed: 16 hex digits. Letters with
// one fingerprint probably have one cause.
std::string fingerprintOf(std::string_view error);

// Thread-safe. Throws core::Error; then nothing was written.
class DeadLetterBox {
public:
    virtual ~DeadLetterBox() = default;

    // Those records, by their place in `batch`, that are parked now since their key is blocked; durable when it returns. The
    // others may be worked off: this listener's loop alone can block their keys, as long as it owns their partitions.
    virtual std::vector<std::size_t> park(std::string_view listener, std::span<const Delivery> batch) = 0;

    // Durable when it returns; `blocking`: blocks the letters' keys. A record that is a letter already stays as it is. May be
    // repeated. Letters of one key are given in their order.
    virtual void add(std::string_view listener, bool blocking, std::span<const DeadLetter> letters) = 0;
};

} // namespace outboxd::scheduler
