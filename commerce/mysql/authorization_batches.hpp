// Batches of authorizations on MariaDB and MySQL: one statement for each kind of row.
#pragma once

#include "commerce/authorization_batch.hpp"
#include "commerce/mysql/shop_transactions.hpp"

#include <functional>

namespace outboxd::commerce::mysql {

// Thread-safe. `database` must outlive it, and should neither retry nor wait long for locks: what a batch cannot have at
// once, its requests get one by one.
class AuthorizationBatches final : public commerce::AuthorizationBatches {
public:
    // `onCommitted`, `beforeCommit`: as in UnitOfWork.
    explicit AuthorizationBatches(database::Database& database, std::function<void()> onCommitted = {},
                                  std::function<void(database::Session&)> beforeCommit = {});

    void run(const std::function<Ending(AuthorizationBatch&)>& work) override;

private:
    ShopTransactions transactions_;
};

} // namespace outboxd::commerce::mysql
