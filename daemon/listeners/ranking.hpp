// Joins the shop's ranking to the loop that reads Kafka.
#pragma once

#include "commerce/mysql/sales.hpp"
#include "scheduler/consumer.hpp"

namespace outboxd::daemon {

// Counts what was sold. An event that it cannot read is refused.
class RankingListener final : public scheduler::Listener {
public:
    // `database` must outlive it.
    explicit RankingListener(database::Database& database) : ledger_(database) {}

    std::string_view name() const override { return commerce::mysql::kRanking; }
    // Sums do not depend on the order in which they are made.
    bool independent() const override { return true; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override;

private:
    commerce::mysql::SalesLedger ledger_;
};

} // namespace outboxd::daemon
