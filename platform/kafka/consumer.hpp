// A consumer with manual commits, whose end is bounded even when no broker answers.
#pragma once

#include "platform/kafka/client.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

struct rd_kafka_queue_s;
struct rd_kafka_message_s;

namespace outboxd::kafka {

struct DestroyQueue {
    void operator()(rd_kafka_queue_s* queue) const;
};
using QueueHandle = std::unique_ptr<rd_kafka_queue_s, DestroyQueue>;

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

// How far a partition has been read. All that lies before `next` was returned by poll(), here or at another member
// that committed it.
struct PartitionEnd {
    std::string topic;
    int partition = 0;
    std::int64_t next = 0;
    std::int64_t high = 0; // the offset that the next record will get, as the broker says now
};

struct TopicPartition {
    std::string topic;
    int partition = 0;
    auto operator<=>(const TopicPartition&) const = default;
};

// What the group gave to this member and took from it. Each is called inside poll(), on its thread, and must not throw.
struct AssignmentEvents {
    std::function<void(const std::vector<TopicPartition>&)> assigned;
    std::function<void(const std::vector<TopicPartition>&)> revoked; // still this member's until it returns
    std::function<void(const std::vector<TopicPartition>&)> lost;    // another's already, perhaps
};

// One thread at a time. Throws core::Error: unavailable (also for a time-out), misconfigured.
//
// Who does not call poll() or keepMembership() for `max.poll.interval.ms` (five minutes) is expelled from its group.
//
// Pausing is not librdkafka's: its pause throws away what was fetched, and right after an assignment it loses the offset
// to begin with (librdkafka issue 2190). Records of a group come through a queue of their own instead, so that the group can be served
// without taking one.
class Consumer {
public:
    // `group`: needed for subscribe() and commit(); empty for a reader that assigns its partitions itself.
    // A group without a committed offset begins with the oldest record. A member that went silent is given up
    // after ten seconds, unless `session.timeout.ms` among the settings says otherwise.
    Consumer(const ClientSettings& settings, const std::string& group, core::Logger& logger,
             const core::Clock& clock);
    // Closes with a bound of two seconds.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // The group shares out the partitions of these topics among its members.
    void subscribe(const std::vector<std::string>& topics, AssignmentEvents events = {});
    // Reads exactly these partitions, from the given offsets.
    void assign(const std::vector<Position>& positions);

    // The next record; empty if there is none within `wait`, or if the brokers are away: it goes on by
    // itself.
    std::optional<ConsumedRecord> poll(std::chrono::milliseconds wait);

    // A further record that is here already. The assignment stays as it was since the last poll().
    std::optional<ConsumedRecord> next();

    // Serves the group and takes no record: as good as poll() for the membership. Does not wait, but for what AssignmentEvents do.
    void keepMembership();

    // Stores where to go on after a restart. Refused (unavailable) when a partition now belongs to another
    // member.
    void commit(const std::vector<Position>& next, std::chrono::milliseconds wait);

    // Of the partitions that are assigned now; asks the brokers, three times at most, each within `wait`.
    std::vector<PartitionEnd> ends(std::chrono::milliseconds wait);

    Watermarks watermarks(const std::string& topic, int partition, std::chrono::milliseconds wait);
    // The first offset whose record was written at `time` or later, by the topic's timestamps; empty if there is none.
    std::optional<std::int64_t> offsetAt(const std::string& topic, int partition, core::Timestamp time,
                                         std::chrono::milliseconds wait);

    // Leaves the group, without AssignmentEvents; returns whether that was done within `wait`. The consumer can only be destroyed then.
    bool close(std::chrono::milliseconds wait);

private:
    struct Context : ClientEvents {
        using ClientEvents::ClientEvents;
        AssignmentEvents assignment;
        QueueHandle records;           // of a group's partitions; null without a group
        std::set<TopicPartition> mine; // of the group's
    };
    struct Callbacks;
    std::optional<ConsumedRecord> take(rd_kafka_message_s* message);

    Context context_;
    bool closed_ = false;
    ClientHandle client_;
};

} // namespace outboxd::kafka
