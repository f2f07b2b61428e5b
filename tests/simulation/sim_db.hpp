// The database: ids are given at insert and seen at commit, each statement sees what is committed at its moment, rows
// written by an open transaction are locked, and so is a lease row that a fence has read.
// length: tables, locks and transactions are one state.
#pragma once

#include "scheduler/lane_control.hpp"
#include "tests/simulation/judge.hpp"
#include "tests/simulation/mutants.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace outboxd::simulation {

using scheduler::HeldRecord;
using scheduler::Lane;
using scheduler::LaneTerm;

class Transaction;

class SimDb {
public:
    struct Held {
        int key = 0;
        HeldRecord::State state = HeldRecord::State::failed;
    };
    struct Ordered { // a row of outbox_command
        scheduler::LaneCommand what;
        Time notBefore{};
        bool done = false;
    };
    using HeldRows = std::map<Id, Held>;

    SimDb(const Time& now, Judge& judge, Mutant mutant, int lanes, int topics);

    // ---- writers; whoever inserts holds the lock on the key until the commit ----
    Id insert(int key, int topic);
    void commit(Id id);
    bool committed(Id id) const {
        return static_cast<std::size_t>(id) < committed_.size() && committed_[static_cast<std::size_t>(id)];
    }
    void loseEvent(Id id); // somebody deletes the event's row; only the queue's is left

    Lane lanes() const { return static_cast<Lane>(queues_.size()); }
    Lane laneOf(int key) const { return static_cast<Lane>(key % lanes()); }
    static std::string keyName(int key) { return "k" + std::to_string(key); }
    static int keyOf(const std::string& name) { return std::stoi(name.substr(1)); }

    // ---- the relay's tables ----
    const std::vector<Id>& queue(Lane lane) const { return queues_[lane]; }
    bool queued(Id id) const { return std::ranges::binary_search(queue(laneOf(keyOfEvent(id))), id); }
    const HeldRows& held(Lane lane) const { return held_[lane]; }
    bool eventMissing(Id id) const { return missing_.contains(id); }
    void makeUnsendable(Id id) { unsendable_.insert(id); }
    std::set<Id>& unsendable() { return unsendable_; } // the client refuses them by itself
    const scheduler::OutboxRecord& record(Id id) const { return records_[static_cast<std::size_t>(id)]; }
    int keyOfEvent(Id id) const { return judge_.facts(id).key; }
    Id lastId() const { return static_cast<Id>(records_.size()) - 1; }
    std::size_t pending() const;
    std::size_t heldRows() const;

    void enqueue(Id id);
    void dequeue(Id id);
    void hold(Id id, HeldRecord::State state) { held_[laneOf(keyOfEvent(id))][id] = {keyOfEvent(id), state}; }
    void release(Id id) { held_[laneOf(keyOfEvent(id))].erase(id); }

    // ---- leases; each call is one statement. take() and extend() must wait while `leaseLocked` ----
    bool holds(const LaneTerm& term) const;
    bool leaseFree(Lane lane) const { return leases_[lane].until <= now_; }
    bool leaseLocked(Lane lane) const; // a fence holds the row until its transaction ends
    const std::string& leaseHolder(Lane lane) const { return leases_[lane].holder; }
    void setLease(Lane lane, const std::string& holder, Time until) { leases_[lane] = {holder, until}; }

    // ---- the nodes that take lanes ----
    void beat(const std::string& node) { beats_[node] = now_; }
    void withdraw(const std::string& node) { beats_.erase(node); }
    const std::map<std::string, Time>& beats() const { return beats_; }

    // ---- what operators write ----
    void order(scheduler::LaneCommand command, Time notBefore);
    std::vector<Ordered>& commands() { return commands_; }
    const std::vector<Ordered>& commands() const { return commands_; }
    const std::set<int>& paused() const { return paused_; }
    void pause(int topic) { paused_.insert(topic); }
    void resume(int topic) { paused_.erase(topic); }
    int pinned(int topic) const { return pins_[static_cast<std::size_t>(topic)]; } // 0: not yet
    void pin(int topic, int partitions);

    // ---- what a lane remembers of its owners, see LaneControl ----
    scheduler::LaneCare enter(const LaneTerm& term);
    void noteTrying(const LaneTerm& term, Id id);
    void leave(const LaneTerm& term);
    void forgive(Lane lane); // who died with what in hand counts no more

    std::vector<Transaction*>& open() { return open_; }
    Judge& judge() { return judge_; }
    Mutant mutant() const { return mutant_; }
    Time now() const { return now_; }

private:
    struct Lease {
        std::string holder;
        Time until{};
    };
    struct Memory {
        std::string holder;
        Id lowest = 0, trying = 0;
        std::optional<Time> tryingSince;
        int crashes = 0, tries = 0;
    };
    const Time& now_;
    Judge& judge_;
    const Mutant mutant_;
    std::vector<scheduler::OutboxRecord> records_; // by id
    std::vector<bool> committed_;
    std::vector<std::vector<Id>> queues_; // by lane, ascending, committed
    std::vector<HeldRows> held_;          // by lane
    std::vector<Lease> leases_;
    std::vector<Memory> memories_; // by lane
    std::set<Id> missing_, unsendable_;
    std::vector<Ordered> commands_;
    std::map<std::string, Time> beats_;
    std::set<int> paused_;
    std::vector<int> pins_;
    std::vector<Transaction*> open_;
};

} // namespace outboxd::simulation
