// The events of the outbox and whether they were sent, for the verifier.
#pragma once

#include "platform/database/session.hpp"
#include "scheduler/verify.hpp"

#include <functional>
#include <map>

namespace outboxd::scheduler::mysql {

// All throw core::Error. Each statement sees one moment; the outbox may be at work.

struct EventBounds {
    std::int64_t lowest = 0, highest = 0; // 0: there is none
};
EventBounds eventBounds(database::Session& session);

// The first id whose event was created at `time` or later, by halving: times of creation follow ids closely, but not
// strictly.
std::int64_t firstIdAt(database::Session& session, core::Timestamp time, std::int64_t lowest,
                       std::int64_t highest);

std::int64_t countEvents(database::Session& session, std::int64_t from);

// Calls `each` with every event from `from` on, in the order of ids, page by page. `topic` and `partition` are left to the
// caller, who is told what decides them.
struct SentEvent {
    VerifiedEvent event;
    std::string_view aggregateType, type;
};
void readSentEvents(database::Session& session, std::int64_t from,
                    const std::function<void(const SentEvent&)>& each);

// Of those of `ids` that were committed: id and checksum of the event id.
void readCommitted(database::Session& session, std::span<const std::int64_t> ids,
                   const std::function<void(std::int64_t, std::uint32_t)>& each);

struct PinnedTopic {
    int partitions = 0;
    bool repartitioned = false;
};
std::map<std::string, PinnedTopic> pinnedTopics(database::Session& session);

} // namespace outboxd::scheduler::mysql
