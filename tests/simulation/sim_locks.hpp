// The lease table as one node's lease keeper reaches it: around each statement the rest of the world may go on.
#pragma once

#include "scheduler/lease.hpp"
#include "tests/simulation/sim_db.hpp"

namespace outboxd::simulation {

class Process;

// Thrown through the lease keeper of a process that died meanwhile.
struct Killed {};

class Surroundings {
public:
    virtual ~Surroundings() = default;
    // A thread of `process` waits for an answer: others act. Throws Killed.
    virtual void elsewhere(Process& process) = 0;
};

class SimLocks final : public scheduler::LockStore {
public:
    SimLocks(SimDb& db, Process& process, Surroundings& surroundings)
        : db_(db), process_(process), surroundings_(surroundings) {}

    bool tryLock(const scheduler::Term& term, std::chrono::milliseconds atMost) override;
    std::vector<bool> extend(std::span<const scheduler::Term> terms,
                             std::chrono::milliseconds atMost) override;
    void unlock(const scheduler::Term& term, std::chrono::milliseconds atLeast) override;
    std::vector<std::string> available(std::span<const std::string> locks) override;
    std::string holderOf(const std::string&) override { return {}; }

    // Before and after each statement.
    void elsewhere() const { surroundings_.elsewhere(process_); }
    void reach() const;

private:
    void waitFor(Lane lane) const;

    SimDb& db_;
    Process& process_;
    Surroundings& surroundings_;
};

} // namespace outboxd::simulation
