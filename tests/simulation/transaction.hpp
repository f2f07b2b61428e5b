// Row locks and the lease row's lock of one open transaction.
#pragma once

#include "tests/simulation/sim_db.hpp"

namespace outboxd::simulation {

// A transaction of the relay while it is open. Its writes are seen when it commits; its destruction rolls back.
class Transaction {
public:
    Transaction(SimDb& db, LaneTerm term) : db_(db), term_(std::move(term)) { db_.open().push_back(this); }
    ~Transaction() { std::erase(db_.open(), this); }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    // Locks rows; false: one of them is locked by another, which has to end first.
    bool lock(const std::vector<Id>& rows);
    // The fence: whether the term still holds; keeps the lease row as it is until the end.
    bool fence();
    // What commits is judged by whoever holds the lease at that moment.
    void committing() const { Judge::committed(term_.holder, db_.leaseHolder(term_.lane)); }

    const LaneTerm& term() const { return term_; }
    bool holdsLease() const { return holdsLease_; }

private:
    SimDb& db_;
    const LaneTerm term_;
    std::vector<Id> rows_;
    bool holdsLease_ = false;
};

} // namespace outboxd::simulation
