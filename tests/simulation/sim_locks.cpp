#include "tests/simulation/sim_locks.hpp"

#include "tests/simulation/process.hpp"

namespace outboxd::simulation {
namespace {

Lane laneOf(const std::string& lock) {
    return static_cast<Lane>((lock[lock.size() - 2] - '0') * 10 + (lock.back() - '0'));
}

} // namespace

void SimLocks::reach() const {
    if (!process_.databaseUp)
        throw core::Error(core::ErrorKind::unavailable, "the database is away", "database.host");
}

void SimLocks::waitFor(Lane lane) const {
    if (db_.leaseLocked(lane)) throw core::Error(core::ErrorKind::contention, "lock wait timeout");
}

bool SimLocks::tryLock(const scheduler::Term& term, std::chrono::milliseconds atMost) {
    const auto lane = laneOf(term.lock);
    elsewhere();
    reach();
    waitFor(lane);
    const bool taken = db_.leaseFree(lane);
    if (taken) db_.setLease(lane, term.holder, db_.now() + atMost);
    elsewhere();
    reach(); // the answer may be lost
    return taken;
}

std::vector<bool> SimLocks::extend(std::span<const scheduler::Term> terms, std::chrono::milliseconds atMost) {
    elsewhere();
    reach();
    std::vector<bool> valid;
    for (const auto& term : terms) {
        const auto lane = laneOf(term.lock);
        waitFor(lane);
        valid.push_back(db_.holds({lane, term.holder}));
    }
    for (std::size_t i = 0; i < terms.size(); ++i)
        if (valid[i]) db_.setLease(laneOf(terms[i].lock), terms[i].holder, db_.now() + atMost);
    elsewhere();
    reach();
    return valid;
}

void SimLocks::unlock(const scheduler::Term& term, std::chrono::milliseconds) {
    const auto lane = laneOf(term.lock);
    reach();
    waitFor(lane);
    if (db_.holds({lane, term.holder})) db_.setLease(lane, term.holder, db_.now());
}

std::vector<std::string> SimLocks::available(std::span<const std::string> locks) {
    elsewhere();
    reach();
    std::vector<std::string> free;
    for (const auto& lock : locks)
        if (laneOf(lock) < db_.lanes() && db_.leaseFree(laneOf(lock))) free.push_back(lock);
    return free;
}

} // namespace outboxd::simulation
