// An outbox event as a Kafka record: profile `debezium`, as Debezium's outbox event router writes it.
//
//   topic    <prefix><aggregate_type>      key    order_key      value  the payload's bytes, or a tombstone
//   headers  id = event_id as text, eventType = type, outbox_seq = the row's id in decimal, then the pairs of
//   the
//            event's own headers (traceparent and the like)
//   time     created_at in milliseconds
#pragma once

#include "scheduler/outbox_record.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace outboxd::scheduler::kafka {

struct WireRecord {
    std::string topic;
    std::string key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::string>> headers;
    std::int64_t timestamp = 0;
};

// Why an event can never become a record, in one sentence.
struct Unsendable {
    std::string reason;
};

std::variant<WireRecord, Unsendable> toWire(const OutboxRecord& record, const std::string& topicPrefix);

// The bytes of a batch (format version 2, not compressed) that holds this record alone: what a topic's
// max.message.bytes is compared with. Source: Kafka's protocol guide, "Record Batch".
std::size_t sizeOnWire(const WireRecord& record);

} // namespace outboxd::scheduler::kafka
