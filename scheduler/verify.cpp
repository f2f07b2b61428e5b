#include "scheduler/verify.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace outboxd::scheduler {

namespace {

// How many records at the beginning of a cut log tell which events may have been cut off: lanes are relayed side by side,
// so ids are not ascending from one key to the next.
constexpr int kBeginning = 10'000;

constexpr std::array<std::uint32_t, 256> table() {
    std::array<std::uint32_t, 256> values{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        auto value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
        values[i] = value;
    }
    return values;
}

// FNV-1a, 64 bits, of the topic's two bytes and the key.
std::uint64_t hashOf(std::uint16_t topic, std::string_view key) {
    std::uint64_t hash = 14695981039346656037ULL;
    const auto add = [&hash](unsigned byte) { hash = (hash ^ byte) * 1099511628211ULL; };
    add(topic & 0xFFU);
    add(topic >> 8U);
    for (const char c : key) add(static_cast<unsigned char>(c));
    return hash;
}

std::uint32_t placeOf(std::uint16_t topic, std::uint16_t partition) {
    return (std::uint32_t{topic} << 16) | partition;
}

} // namespace

std::uint32_t crc32(std::string_view bytes) {
    static constexpr auto values = table();
    std::uint32_t sum = 0xFFFFFFFFU;
    for (const char c : bytes) sum = values[(sum ^ static_cast<unsigned char>(c)) & 0xFF] ^ (sum >> 8);
    return sum ^ 0xFFFFFFFFU;
}

std::string Verification::nameOf(const VerifiedRecord& record) const {
    return fmt::format("{}/{} at {}", topics_.at(record.topic).name, record.partition, record.offset);
}

Verification::Event* Verification::find(std::int64_t id) {
    const auto found = std::ranges::lower_bound(events_, id, {}, &Event::id);
    return found != events_.end() && found->id == id ? &*found : nullptr;
}

void Verification::event(const VerifiedEvent& event) {
    ++verdict_.events;
    if (!event.sent) ++verdict_.waiting;
    events_.push_back({event.id, hashOf(event.topic, event.orderKey), event.identity, event.payload,
                       event.topic, event.partition.value_or(kAny), event.sent, false});
}

void Verification::span(const TopicPartitionSpan& span) {
    if (span.low > 0) cut_.try_emplace(placeOf(span.topic, span.partition));
}

void Verification::finding(std::int64_t& count, const std::string& what) {
    if (static_cast<std::size_t>(++count) <= kExamples) verdict_.examples.push_back(what);
}

void Verification::record(const VerifiedRecord& record) {
    ++verdict_.records;
    if (record.sequence <= 0) {
        ++verdict_.foreign;
        return;
    }
    if (const auto cut = cut_.find(placeOf(record.topic, record.partition));
        cut != cut_.end() && cut->second.records < kBeginning) {
        ++cut->second.records;
        cut->second.highest = std::max(cut->second.highest, record.sequence);
    }
    if (record.sequence < from_) {
        ++verdict_.early;
    } else if (auto* event = find(record.sequence)) {
        known(*event, record);
    } else {
        stranger(record);
    }
}

void Verification::known(Event& event, const VerifiedRecord& record) {
    if (event.identity != record.identity) {
        finding(verdict_.phantoms, fmt::format("{}: carries the position of event {}, but another event id",
                                               nameOf(record), record.sequence));
        return;
    }
    if (event.payload != record.payload || (compareKeys_ && event.key != hashOf(record.topic, record.key)))
        finding(verdict_.mismatches,
                fmt::format("{}: event {} has another {}", nameOf(record), record.sequence,
                            event.payload != record.payload ? "payload" : "key or topic"));
    const bool first = !std::exchange(event.seen, true);
    if (!first) ++verdict_.duplicates;
    order(record, event.key, event.partition, first);
}

void Verification::stranger(const VerifiedRecord& record) {
    const auto [place, first] = strangers_.try_emplace(
        record.sequence, Stranger{record.identity, record.topic, record.partition, record.offset});
    if (!first) ++verdict_.duplicates;
    if (compareKeys_) order(record, hashOf(record.topic, record.key), kAny, first);
}

void Verification::order(const VerifiedRecord& record, std::uint64_t key, std::uint16_t expected,
                         bool first) {
    const bool moves = topics_.at(record.topic).mayMove;
    if (moves)
        key ^= (std::uint64_t{record.partition} + 1) * 0x9E3779B97F4A7C15ULL; // each partition by itself
    const auto [found, fresh] = keys_.try_emplace(key, Key{0, record.partition});
    auto& state = found->second;
    const auto home = fresh && expected != kAny ? expected : state.partition;
    if (!moves && home != record.partition)
        finding(verdict_.wrongPartitions, fmt::format("{}: event {}, whose key belongs to partition {}",
                                                      nameOf(record), record.sequence, home));
    if (!first) return;
    if (record.sequence < state.highest)
        finding(verdict_.inversions, fmt::format("{}: event {} comes first after event {} of its key",
                                                 nameOf(record), record.sequence, state.highest));
    state.highest = std::max(state.highest, record.sequence);
}

std::vector<std::int64_t> Verification::unknown() const {
    std::vector<std::int64_t> sequences;
    sequences.reserve(strangers_.size());
    for (const auto& [sequence, stranger] : strangers_) sequences.push_back(sequence);
    std::ranges::sort(sequences);
    return sequences;
}

void Verification::found(std::int64_t sequence, std::uint32_t identity) {
    const auto stranger = strangers_.find(sequence);
    if (stranger == strangers_.end() || stranger->second.identity != identity) return;
    ++verdict_.late;
    strangers_.erase(stranger);
}

bool Verification::mayBeGone(const Event& event) const {
    const auto gone = [&](const Beginning& beginning) {
        return beginning.records == 0 || event.id <= beginning.highest;
    };
    if (event.partition != kAny && !topics_.at(event.topic).mayMove) {
        const auto cut = cut_.find(placeOf(event.topic, event.partition));
        return cut != cut_.end() && gone(cut->second);
    }
    return std::ranges::any_of(
        cut_, [&](const auto& one) { return one.first >> 16 == event.topic && gone(one.second); });
}

Verdict Verification::verdict() {
    for (const auto& event : events_) {
        if (!event.sent || event.seen) continue;
        if (mayBeGone(event)) {
            ++verdict_.unjudged;
        } else if (static_cast<std::size_t>(++verdict_.lost) <= kMostListed) {
            verdict_.lostIds.push_back(event.id);
        }
    }
    for (const auto sequence : unknown()) {
        const auto& stranger = strangers_.at(sequence);
        finding(verdict_.phantoms,
                fmt::format("{}/{} at {}: no event {} was committed", topics_.at(stranger.topic).name,
                            stranger.partition, stranger.offset, sequence));
    }
    verdict_.keys = static_cast<std::int64_t>(keys_.size());
    return verdict_;
}

} // namespace outboxd::scheduler
