// Compares what the outbox says was sent with what stands in the topics. Pure: rows and records come in, a verdict comes
// out. About 60 bytes for each event and 40 for each order key.
//
// First all events are given, each as it stood at a moment before the ends of the topics were asked for: so one that was
// SENT then must lie before those ends. Then the records up to those ends, each partition in the order of its offsets.
// Records of events that came later are unknown until the database is asked about them again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace outboxd::scheduler {

// Topics are numbered in the order in which they were named.
struct VerifiedTopic {
    std::string name;
    bool mayMove = false; // it was repartitioned: a key may have two partitions, and no order across them
};

struct TopicPartitionSpan {
    std::uint16_t topic = 0;
    std::uint16_t partition = 0;
    std::int64_t low = 0, high = 0; // first offset that is there, and the one after the last
};

struct VerifiedEvent {
    std::int64_t id = 0;
    std::uint16_t topic = 0;
    std::uint32_t identity = 0; // checksum of event_id
    std::string_view orderKey = {};
    std::uint32_t payload = 0;                   // checksum; 0 for a tombstone
    std::optional<std::uint16_t> partition = {}; // where its key belongs; empty: not known
    bool sent = true;                            // false: it waits or is held
};

struct VerifiedRecord {
    std::uint16_t topic = 0, partition = 0;
    std::int64_t offset = 0;
    std::int64_t sequence = 0; // header outbox_seq; 0: it has none, and is nobody's business
    std::uint32_t identity = 0;
    std::string_view key = {};
    std::uint32_t payload = 0;
};

struct Verdict {
    std::int64_t events = 0, waiting = 0, records = 0, foreign = 0, keys = 0;
    // Findings.
    std::int64_t lost = 0, phantoms = 0, inversions = 0, wrongPartitions = 0, mismatches = 0;
    // Not findings.
    std::int64_t duplicates = 0;
    std::int64_t early = 0;                 // records of events before the first that is looked at
    std::int64_t unjudged = 0;              // events that may have been in what their partition no longer has
    std::int64_t late = 0;                  // records of events that came after the events were read
    std::vector<std::int64_t> lostIds = {}; // the first kMostListed
    std::vector<std::string> examples = {}; // of the other findings, some of each

    bool clean() const { return lost + phantoms + inversions + wrongPartitions + mismatches == 0; }
};

class Verification {
public:
    static constexpr std::size_t kMostListed = 10'000;
    static constexpr std::size_t kExamples = 20; // of each kind

    // `from`: the first id that is looked at. `compareKeys`: a record's key is the order key.
    Verification(std::vector<VerifiedTopic> topics, std::int64_t from, bool compareKeys)
        : topics_(std::move(topics)), from_(from), compareKeys_(compareKeys) {}

    void expect(std::size_t events) { events_.reserve(events); }
    void event(const VerifiedEvent& event); // ascending ids
    // What is there of each partition, asked for after the last event and told before the first record.
    void span(const TopicPartitionSpan& span);
    void record(const VerifiedRecord& record); // ascending offsets in each partition

    // Records of events that are not known: ask the database about each, then say what it answered.
    std::vector<std::int64_t> unknown() const;
    void found(std::int64_t sequence, std::uint32_t identity);

    Verdict verdict();

private:
    struct Event {
        std::int64_t id;
        std::uint64_t key; // hash of topic and order key
        std::uint32_t identity, payload;
        std::uint16_t topic, partition; // kAny: not known
        bool sent, seen;
    };
    struct Key {
        std::int64_t highest; // of the first deliveries so far
        std::uint16_t partition;
    };
    struct Stranger {
        std::uint32_t identity;
        std::uint16_t topic, partition;
        std::int64_t offset;
    };
    // Of a partition whose first records are gone: the highest id among the first that are there.
    struct Beginning {
        std::int64_t highest = 0;
        int records = 0;
    };
    using Place = std::uint32_t; // topic and partition
    static constexpr std::uint16_t kAny = 0xffff;

    Event* find(std::int64_t id);
    void known(Event& event, const VerifiedRecord& record);
    void stranger(const VerifiedRecord& record);
    void order(const VerifiedRecord& record, std::uint64_t key, std::uint16_t expected, bool first);
    bool mayBeGone(const Event& event) const;
    // Counts a finding and keeps the first of its kind.
    void finding(std::int64_t& count, const std::string& what);

    std::string nameOf(const VerifiedRecord& record) const;

    const std::vector<VerifiedTopic> topics_;
    const std::int64_t from_;
    const bool compareKeys_;
    std::vector<Event> events_;                            // by id
    std::unordered_map<std::uint64_t, Key> keys_;          // by topic and order key
    std::unordered_map<std::int64_t, Stranger> strangers_; // by sequence
    std::unordered_map<Place, Beginning> cut_;
    Verdict verdict_;
};

// CRC-32 as zlib, MariaDB and MySQL compute it.
std::uint32_t crc32(std::string_view bytes);

} // namespace outboxd::scheduler
