#include "scheduler/lease.hpp"

#include "platform/core/event_id.hpp"

#include <unistd.h>

namespace outboxd::scheduler {

TermLost::TermLost(const Term& term)
    : core::Error(core::ErrorKind::timeout,
                  "the lock '" + term.lock + "' was lost; nothing was written under it") {}

std::string newHolder(const std::string& host, const core::Clock& clock) {
    constexpr std::size_t longestHost = 180; // the column has 255; pid and uuid need at most 48
    return host.substr(0, longestHost) + ":" + std::to_string(getpid()) + ":" +
           core::newEventId(clock).text();
}

} // namespace outboxd::scheduler
