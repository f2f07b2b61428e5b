// Joins the shop's ranking to the loop that reads Kafka.
#pragma once

#include "commerce/mysql/sales.hpp"
#include "scheduler/consumer.hpp"

namespace outboxd::daemon {

// Counts what was sold. An event that it cannot read is refused, and skipped.
class RankingListener final : public scheduler::Listener {
public:
    explicit RankingListener(commerce::SalesLedger& ledger) : ledger_(ledger) {}

    std::string_view name() const override { return commerce::mysql::kRanking; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override;

private:
    commerce::SalesLedger& ledger_;
};

} // namespace outboxd::daemon
