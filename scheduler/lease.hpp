// Leases on the ShedLock table: who may run what, now.
//
// The guarantee: of one name at most one term is valid at a time by the database's clock, and database writes that end
// with the fence (see OutboxSource::mark) commit only under a valid term. It is not a mutual exclusion of effects
// outside the database: a holder that is paused past its lease may still send what it had in hand.
// Protocol: ShedLock's JDBC provider with database time, so that Java nodes and ours exclude each other; except that
// locked_by is unique per acquisition, so two processes of one host cannot release each other's locks.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/error.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace outboxd::scheduler {

// One acquisition of one lock: what renewals, releases and fences are checked against.
struct Term {
    std::string lock;   // shedlock.name, at most 64 characters
    std::string holder; // shedlock.locked_by
};

// A fence found that the term has ended: whoever threw this rolled back, and must not try again under it.
class TermLost : public core::Error {
public:
    explicit TermLost(const Term& term);
};

// "host:pid:uuid", new for each acquisition. `host` is shortened so that the whole fits the column.
std::string newHolder(const std::string& host, const core::Clock& clock);

// Thread-safe. Every call throws core::Error when the database cannot answer.
class LockStore {
public:
    virtual ~LockStore() = default;

    // Takes the lock for `atMost` if nobody holds it. Throws Error(misconfigured) for a name that the table would
    // truncate: such a lock would be taken once and never again.
    virtual bool tryLock(const Term& term, std::chrono::milliseconds atMost) = 0;

    // Sets the end of those of `terms` that are still valid to `atMost` from now, in one statement; returns for
    // each whether it still is.
    virtual std::vector<bool> extend(std::span<const Term> terms, std::chrono::milliseconds atMost) = 0;

    // Ends the lock now, or at `atLeast` after it was taken if that is later. Nothing happens if another
    // term has begun.
    virtual void unlock(const Term& term, std::chrono::milliseconds atLeast) = 0;

    // Those of `locks` that could be taken now (a hint, not a promise).
    virtual std::vector<std::string> available(std::span<const std::string> locks) = 0;

    // Who holds the lock now, or empty.
    virtual std::string holderOf(const std::string& lock) = 0;
};

} // namespace outboxd::scheduler
