// Leases in the table shedlock, with ShedLock's own statements.
#pragma once

#include "platform/database/database.hpp"
#include "scheduler/lease.hpp"

#include <mutex>
#include <set>

namespace outboxd::scheduler::mysql {

// Thread-safe.
class MysqlLockStore final : public LockStore {
public:
    explicit MysqlLockStore(database::Database& database) : database_(database) {}

    bool tryLock(const Term& term, std::chrono::milliseconds atMost) override;
    std::vector<bool> extend(std::span<const Term> terms, std::chrono::milliseconds atMost) override;
    void unlock(const Term& term, std::chrono::milliseconds atLeast) override;
    std::vector<std::string> available(std::span<const std::string> locks) override;
    std::string holderOf(const std::string& lock) override;

private:
    // The row may have been deleted by hand: the next tryLock() makes sure of it.
    void insertAgain(const std::string& lock);

    database::Database& database_;
    std::mutex mutex_;
    std::set<std::string> inserted_; // names whose row is known to be there; guarded by mutex_
};

} // namespace outboxd::scheduler::mysql
