// Loyalty points on MariaDB and MySQL. Statements: sql/queries/loyalty.sql.
#pragma once

#include "commerce/loyalty.hpp"
#include "platform/database/database.hpp"

#include <functional>

namespace outboxd::commerce::mysql {

// The name under which the events are remembered that had their effect.
inline constexpr std::string_view kLoyalty = "loyalty";

// Thread-safe. `database` and `clock` must outlive it.
class LoyaltyLedger final : public commerce::LoyaltyLedger {
public:
    // `onCommitted` wakes the relay, see UnitOfWork.
    LoyaltyLedger(database::Database& database, const core::Clock& clock, LoyaltyRate rate,
                  std::function<void()> onCommitted)
        : database_(database), clock_(clock), rate_(rate), onCommitted_(std::move(onCommitted)) {}

    std::vector<std::optional<std::string>> add(std::span<const LoyaltyEvent> events) override;

private:
    database::Database& database_;
    const core::Clock& clock_;
    const LoyaltyRate rate_;
    const std::function<void()> onCommitted_;
};

} // namespace outboxd::commerce::mysql
