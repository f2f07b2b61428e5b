// An outbox event as a Kafka record.
//
//   topic  by its route, or <prefix><aggregate_type>     key   by its route, or order_key
//   value  the payload's bytes, or a tombstone           time  created_at in milliseconds
//
// Headers in profile `debezium` (Debezium's outbox event router): id = event_id as text, eventType = type, outbox_seq =
// the row's id in decimal, then the event's own (traceparent and the like), then the route's.
//
// Headers in profile `cloudevents` (binary mode of the CloudEvents Kafka protocol binding 1.0): content-type, unless it is
// a tombstone (application/json, or what the event's own header of that name says), ce_specversion, ce_id, ce_source,
// ce_type, ce_time, ce_subject = aggregate_id, ce_partitionkey = the key, ce_sequence = the row's id in 19 digits (so that
// texts compare as numbers do), ce_traceparent and ce_tracestate if the event has such headers, then outbox_seq, the
// event's own, the route's.
#pragma once

#include "scheduler/kafka/event_headers.hpp"
#include "scheduler/kafka/routes.hpp"

#include <array>
#include <memory>
#include <span>

namespace outboxd::scheduler::kafka {

// Refers to the event and to the encoder that it comes from.
struct WireRecord {
    std::string_view topic;
    std::string_view key;
    std::optional<std::string_view> value;
    std::span<const std::pair<std::string_view, std::string_view>> headers;
    std::int64_t timestamp = 0;
};

// Why an event can never become a record, in one sentence.
struct Unsendable {
    std::string reason;
};

// For one thread at a time. Copies nothing of the payload, and keeps its memory from one event to the next.
class Encoder {
public:
    // `plan` must outlive it.
    explicit Encoder(const WirePlan& plan) : plan_(plan) {}
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    // The answer is valid until the next call, and as long as `record`.
    std::variant<WireRecord, Unsendable> encode(const OutboxRecord& record);

private:
    std::string_view number(std::int64_t value, std::size_t digits);
    std::string_view rendered(const Template& text, const OutboxRecord& record);
    std::string addRouter(const OutboxRecord& record);
    std::string addCloudEvent(const OutboxRecord& record);
    std::string addOwn(const Route& route, const OutboxRecord& record);

    const WirePlan& plan_;
    EventHeaders own_;
    std::string topic_, key_, time_;
    std::array<char, 36> id_{};
    std::array<std::array<char, 20>, 2> numbers_{};
    std::size_t numbersUsed_ = 0;
    std::vector<std::unique_ptr<std::string>> texts_; // rendered ones; they stay where they are
    std::size_t textsUsed_ = 0;
    std::vector<std::pair<std::string_view, std::string_view>> headers_;
};

// The bytes of a batch (format version 2, not compressed) that holds this record alone: what a topic's
// max.message.bytes is compared with. Source: Kafka's protocol guide, "Record Batch".
std::size_t sizeOnWire(const WireRecord& record);

} // namespace outboxd::scheduler::kafka
