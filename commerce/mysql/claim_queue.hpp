// The queue of claims on MariaDB and MySQL.
#pragma once

#include "commerce/claim_queue.hpp"
#include "platform/database/database.hpp"

namespace outboxd::commerce::mysql {

// Thread-safe. `database` must outlive it.
class ClaimQueue final : public commerce::ClaimQueue {
public:
    explicit ClaimQueue(database::Database& database) : database_(database) {}

    std::size_t append(const std::vector<ClaimRequest>& requests) override;
    std::vector<std::optional<ClaimResult>> look(const std::vector<ClaimRequest>& requests) override;
    std::optional<Queued> find(CouponId coupon, UserId user) override;
    std::vector<Claim> decided(const std::vector<ClaimId>& claims) override;

private:
    database::Database& database_;
};

} // namespace outboxd::commerce::mysql
