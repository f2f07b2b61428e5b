// An event as it stands in outbox_event.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/event_id.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace outboxd::scheduler {

struct OutboxRecord {
    std::int64_t id = 0; // position; ascending in commit order per order key
    core::EventId eventId;
    std::string aggregateType;
    std::string aggregateId;
    std::string orderKey; // Kafka key; also chooses the lane
    std::string type;
    std::optional<std::string> payload; // the bytes as they go out; empty is a tombstone
    std::string headers;                // a JSON object of strings, or empty
    core::Timestamp createdAt;
};

} // namespace outboxd::scheduler
