// Settings of servers that weaken a promise of docs/guarantees.md. Nobody is stopped by one: it is said, with what to do.
#pragma once

#include <string>

namespace outboxd::scheduler {

struct Weakness {
    std::string where;       // "topic outbox.event.order", "database"
    std::string what;        // "min.insync.replicas is 1"
    std::string consequence; // which promise ends, and when
    std::string advice;

    friend bool operator==(const Weakness&, const Weakness&) = default;
};

} // namespace outboxd::scheduler
