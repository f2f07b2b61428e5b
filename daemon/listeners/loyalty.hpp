// Joins the shop's loyalty points to the loop that reads Kafka.
#pragma once

#include "commerce/mysql/loyalty.hpp"
#include "scheduler/consumer.hpp"

namespace outboxd::daemon {

// Gives points for payments and takes them back with refunds, a batch in one transaction. An event that it cannot read, or
// that is not as the shop's own tables are, is refused.
class LoyaltyListener final : public scheduler::Listener {
public:
    // `database` and `clock` must outlive it; `ring` wakes the relay after a commit with events.
    LoyaltyListener(database::Database& database, const core::Clock& clock, commerce::LoyaltyRate rate,
                    std::function<void()> ring)
        : rate_(rate), ledger_(database, clock, rate, std::move(ring)) {}

    std::string_view name() const override { return commerce::mysql::kLoyalty; }
    // A payment and its refunds may be worked off in any order: a refund that comes first waits in the books for its
    // payment (routes may send them to topics of their own, where no order is kept). Of different payments, only what an account
    // has when a refund comes depends on the order, and that is true of everything else that its owner does meanwhile.
    bool independent() const override { return true; }
    std::vector<scheduler::Verdict> handle(std::span<const scheduler::Delivery> batch) override;

private:
    const commerce::LoyaltyRate rate_;
    commerce::mysql::LoyaltyLedger ledger_;
};

} // namespace outboxd::daemon
