// Which events have had their effect outside the database, so that a repetition of Kafka's is not sent again (the table
// processed_event, where effects in the database remember theirs, too).
#pragma once

#include "platform/core/event_id.hpp"

#include <set>
#include <string_view>

namespace outboxd::scheduler {

// Thread-safe. Throws core::Error.
class ProcessedEvents {
public:
    using Ids = std::set<core::EventId>;

    virtual ~ProcessedEvents() = default;
    // Those of `ids` that were added for this listener.
    virtual Ids known(std::string_view listener, const Ids& ids) = 0;
    // Durable when it returns; what is known already does no harm.
    virtual void add(std::string_view listener, const Ids& ids) = 0;
};

} // namespace outboxd::scheduler
