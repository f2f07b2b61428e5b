// The sales figures on MariaDB and MySQL. Statements: sql/queries/sales.sql.
#pragma once

#include "commerce/best_sellers.hpp"
#include "platform/database/database.hpp"

namespace outboxd::commerce::mysql {

// The name under which the ranking remembers its events and its progress.
inline constexpr std::string_view kRanking = "ranking";

// Thread-safe. `database` must outlive it.
class SalesLedger final : public commerce::SalesLedger {
public:
    explicit SalesLedger(database::Database& database) : database_(database) {}
    std::size_t add(std::span<const Sale> sales) override;

private:
    database::Database& database_;
};

// In a transaction of the caller's, or on a session of its own. `topics`: where the sales come from, separated by
// commas.
BestSellers bestSellers(database::Session& session, const std::string& topics, HourRange hours);

// Thread-safe. `database` must outlive it.
class SalesReader final : public commerce::SalesReader {
public:
    SalesReader(database::Database& database, std::string topics)
        : database_(database), topics_(std::move(topics)) {}
    BestSellers bestSellers(HourRange hours) override {
        return mysql::bestSellers(*database_.session(), topics_, hours);
    }

private:
    database::Database& database_;
    const std::string topics_;
};

} // namespace outboxd::commerce::mysql
