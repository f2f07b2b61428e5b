// A consumer with manual commits, whose end is bounded even when no broker answers.
#pragma once

#include "platform/kafka/client.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace outboxd::kafka {

struct ConsumedRecord {
    std::string topic;
    int partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp = 0; // milliseconds since 1970
    std::string key;
    std::optional<std::string> value;                         // empty: a tombstone
    std::vector<std::pair<std::string, std::string>> headers; // in the producer's order; names may repeat
};

struct Position {
    std::string topic;
    int partition = 0;
    std::int64_t offset = 0; // the next one to read
};

struct Watermarks {
    std::int64_t low = 0;  // the first offset that is there
    std::int64_t high = 0; // the one that the next record will get
};

// One thread at a time. Throws core::Error: unavailable (also for a time-out), misconfigured.
class Consumer {
public:
    // `group`: needed for subscribe() and commit(); empty for a reader that assigns its partitions itself.
    // A group without a committed offset begins with the oldest record.
    Consumer(const ClientSettings& settings, const std::string& group, core::Logger& logger,
             const core::Clock& clock);
    // Closes with a bound of two seconds.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // The group shares out the partitions of these topics among its members.
    void subscribe(const std::vector<std::string>& topics);
    // Reads exactly these partitions, from the given offsets.
    void assign(const std::vector<Position>& positions);

    // The next record; empty if there is none within `wait`, or if the brokers are away: it goes on by
    // itself.
    std::optional<ConsumedRecord> poll(std::chrono::milliseconds wait);

    // Stores where to go on after a restart. Refused (unavailable) when a partition now belongs to another
    // member.
    void commit(const std::vector<Position>& next, std::chrono::milliseconds wait);

    Watermarks watermarks(const std::string& topic, int partition, std::chrono::milliseconds wait);

    // Leaves the group; returns whether that was done within `wait`. The consumer can only be destroyed then.
    bool close(std::chrono::milliseconds wait);

private:
    ClientEvents events_;
    bool closed_ = false;
    ClientHandle client_;
};

} // namespace outboxd::kafka
