// Transactions of the shop on MariaDB and MySQL.
#pragma once

#include "commerce/mysql/shop_transactions.hpp"

#include <functional>

namespace outboxd::commerce::mysql {

// Thread-safe. `database` and `clock` must outlive it.
class UnitOfWork final : public commerce::UnitOfWork {
public:
    // `onCommitted` is called on the caller's thread after each commit that added events, and after each
    // whose outcome is unknown; it wakes the relay, so it must be quick, thread-safe, and must not throw.
    // `beforeCommit` runs as the last thing of each transaction that is to be kept; what it throws rolls back.
    // Jobs put their fence there.
    UnitOfWork(database::Database& database, const core::Clock& clock, std::function<void()> onCommitted = {},
               std::function<void(database::Session&)> beforeCommit = {});

    void run(const std::function<Ending(commerce::Transaction&)>& work) override;

private:
    ShopTransactions transactions_;
    const core::Clock& clock_;
};

} // namespace outboxd::commerce::mysql
