// What the database's clock shows, from the last time that it was read: so a node whose own clock is wrong plans like the
// others, and goes on planning while the database is away.
#pragma once

#include "platform/core/clock.hpp"

#include <optional>

namespace outboxd::scheduler {

// Not thread-safe.
class DatabaseTime {
public:
    // The database was asked and answered at these moments, and showed `read` in between. A slow answer is less exact: it
    // counts only if it is better than what is known, which gets worse with age, or proves that the clock was set.
    void learn(core::Instant asked, core::Instant answered, core::Timestamp read);

    // The earliest that it may show now, so that nothing begins too early; it is later by a round trip at most. Empty until
    // something was learnt.
    std::optional<core::Timestamp> at(core::Instant now) const;

private:
    struct Reading {
        core::Timestamp::duration offset; // from boot time to the database's
        core::Instant::duration error;    // at most, at this moment:
        core::Instant at;
    };
    std::optional<Reading> known_;
};

} // namespace outboxd::scheduler
