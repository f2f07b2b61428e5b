// What a listener is, and what the loop that feeds it needs: a stream of records, and a place for its progress.
// The loop: consumer_service.hpp.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/event_id.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outboxd::scheduler {

// One record of a topic, as docs/events.md describes it.
struct Delivery {
    std::string topic;
    int partition = 0;
    std::int64_t offset = 0;
    std::string key;
    std::optional<core::EventId> id;    // empty if the header is missing or is none
    std::string type;                   // empty if the header is missing
    std::optional<std::string> payload; // empty: a tombstone
    std::optional<std::int64_t> sequence =
        {}; // `outbox_seq`: of a key's events the later one has the higher; empty: foreign
    std::vector<std::pair<std::string, std::string>> headers = {}; // all of them, in the producer's order
};

// What a record weighs in memory, nearly.
inline std::size_t bytesOf(const Delivery& record) {
    std::size_t size = record.key.size() + (record.payload ? record.payload->size() : 0);
    for (const auto& [name, value] : record.headers) size += name.size() + value.size();
    return size;
}

// What a listener made of one record.
struct Verdict {
    enum class Kind {
        done,    // its effect is durable, now or since an earlier delivery
        ignored, // of no concern to this listener
        refused, // can never be worked off as it is: a dead letter at once, which waits for a person
        failed, // this record did not work now: tried again quickly, then a dead letter that is retried later
        deferred, // was not tried, since whoever has the effect is away, or an earlier one of its key failed: asked again
        // later, and costs no attempt
    };
    Kind kind = Kind::done;
    std::string reason; // of anything but done and ignored: one sentence without secrets
};

// Thread-safe: the loop and the retries of dead letters call it side by side, never for the same key. Records may
// come again: each effect must happen once per event id.
class Listener {
public:
    virtual ~Listener() = default;
    // Lower-case with hyphens; names the group, the metrics and the rows of its progress.
    virtual std::string_view name() const = 0;
    // Whether an event may be worked off although an earlier one of its key is a dead letter.
    virtual bool independent() const { return false; }
    // How many records one call takes at most. A rebalance and a stop wait for the end of a call, some seconds at most: a listener
    // that is slow takes fewer.
    virtual std::size_t batch() const { return 500; }
    // The effects of the whole batch are durable when it returns; one verdict per record, in their order. May take as long
    // as it needs. Throws core::Error when the machinery is broken: the records are then given again, for as long as it takes,
    // in other batches perhaps; with invalid_data or internal in smaller ones, until the record at fault is alone. Unless it is
    // independent, it defers what follows a failed, refused or deferred record of the same key.
    virtual std::vector<Verdict> handle(std::span<const Delivery> batch) = 0;
};

struct Place {
    std::string topic;
    int partition = 0;
    auto operator<=>(const Place&) const = default;
};

// All before `next` need not come again.
struct Committable {
    Place place;
    std::int64_t next = 0;
};

// How far a partition has been read.
struct PartitionEnd {
    std::string topic;
    int partition = 0;
    std::int64_t next =
        0; // all before it was polled, here or by another member of the group that committed it
    std::int64_t high = 0; // what the next record will get
};

// Who has the partitions. Called inside EventFeed::poll() and on its thread; does not throw.
class AssignmentWatch {
public:
    virtual ~AssignmentWatch() = default;
    virtual void assigned(const std::vector<Place>& places) = 0;
    // They are this member's until it returns: the last moment to commit them.
    virtual void revoked(const std::vector<Place>& places) = 0;
    // They may be another member's already: nothing of them can be committed.
    virtual void lost(const std::vector<Place>& places) = 0;
};

// How much more the caller can hold.
struct Room {
    std::size_t records = 0;
    std::size_t bytes = 0;
    bool none() const { return records == 0 || bytes == 0; }
};

// One membership in a group. Used by one thread; leaves the group when destroyed. Throws core::Error. Who does not poll for
// minutes is taken for dead by the brokers.
class EventFeed {
public:
    virtual ~EventFeed() = default;
    // What is there, and no more than there is room for, but for the last record; waits at most `wait` for the first. Without any room
    // it keeps the membership alone, and does not wait.
    virtual std::vector<Delivery> poll(std::chrono::milliseconds wait, Room room) = 0;
    virtual void commit(std::span<const Committable> positions) = 0;
    // Of the partitions that are this member's now, as the brokers say at this moment.
    virtual std::vector<PartitionEnd> ends() = 0;
};

class EventFeeds {
public:
    virtual ~EventFeeds() = default;
    // Joins the group; a new group begins with the oldest record. `watch` must outlive the feed.
    virtual std::unique_ptr<EventFeed> open(AssignmentWatch& watch) = 0;
};

struct PartitionProgress {
    std::string topic;
    int partition = 0;
    core::Timestamp upTo{}; // 1970: read by this listener, and not yet caught up
};

// Where progress is written (the table consumer_progress). Thread-safe. Throws core::Error.
class ConsumerProgress {
public:
    virtual ~ConsumerProgress() = default;
    // Every event that was committed before this time, by the database's clock, is in Kafka, but for held ones.
    virtual core::Timestamp relayedUpTo() = 0;
    // Never moves a partition back.
    virtual void advance(std::string_view listener, std::span<const PartitionProgress> reached) = 0;
};

} // namespace outboxd::scheduler
