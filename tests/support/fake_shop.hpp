// The shop in memory: the same contract as the database adapter (tests/contract/shop_contract_test.cpp), one
// transaction at a time, and verbs for what goes wrong.
#pragma once

#include "commerce/shop_reader.hpp"
#include "commerce/unit_of_work.hpp"
#include "tests/support/fake_order_ports.hpp"
#include "tests/support/fake_refunds.hpp"

#include "tests/support/fake_coupons.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace outboxd::testing {

class FakeShop final : public commerce::UnitOfWork, public commerce::ShopReader {
public:
    explicit FakeShop(const core::Clock& clock, std::function<void()> onCommitted = {})
        : clock_(clock), onCommitted_(std::move(onCommitted)) {}

    // Another request works with this key until letGo().
    void hold(const std::string& scope, const std::string& key) { held_.insert({scope, key}); }
    void letGo() { held_.clear(); }
    // Another request, which looked at the same moment, adds the key first; ours finds out when it adds it.
    void overtakeNextKeyWith(commerce::IdempotencyRecord record) { overtaking_ = std::move(record); }

    // The user holds a coupon, as if they had won it.
    void plant(commerce::UserId user, commerce::CouponId coupon,
               commerce::UserCouponState state = commerce::UserCouponState::available,
               std::optional<commerce::OrderId> order = {});

    void run(const std::function<commerce::Ending(commerce::Transaction&)>& work) override;

    std::optional<commerce::User> user(commerce::UserId id) override;
    std::optional<core::Money> balance(commerce::UserId user) override;
    commerce::Page<commerce::HistoryEntry> history(commerce::UserId user,
                                                   const commerce::PageRequest& page) override;
    std::optional<commerce::Product> product(commerce::ProductId id) override;
    commerce::Page<commerce::Product> products(const commerce::PageRequest& page) override;
    commerce::Page<commerce::StockAdjustment> adjustments(commerce::ProductId product,
                                                          const commerce::PageRequest& page) override;
    std::optional<commerce::Cart> cart(commerce::UserId user) override;
    std::optional<commerce::Order> order(commerce::OrderId id) override;
    commerce::Page<commerce::Order> orders(commerce::UserId user, std::optional<commerce::OrderState> state,
                                           const commerce::PageRequest& page) override;
    std::optional<commerce::Payment> payment(commerce::PaymentId id) override;
    std::optional<commerce::Refund> refund(commerce::RefundId id) override;
    commerce::Page<commerce::Refund> refunds(commerce::PaymentId payment,
                                             const commerce::PageRequest& page) override;

    // What was committed to the outbox, in order.
    std::vector<commerce::OutboxEvent> events() const;

    using Key = std::pair<std::string, std::string>; // scope and key

    struct Rows {
        std::int64_t lastId = 0;
        std::map<commerce::UserId, commerce::User> users;
        std::map<commerce::UserId, core::Money> balances;
        std::map<commerce::UserId, std::vector<commerce::HistoryEntry>> histories;
        std::map<commerce::ProductId, commerce::Product> products;
        std::vector<commerce::StockAdjustment> adjustments;
        FakeCarts::Rows carts;
        std::map<commerce::OrderId, commerce::Order> orders;
        std::map<commerce::CouponId, commerce::Coupon> coupons;
        std::map<commerce::ClaimId, commerce::Claim> claims;
        PaymentRows payments;
        RefundRows refunds;
        std::set<std::string> gatewayCallbacks;
        std::map<commerce::UserCouponId, commerce::UserCoupon> userCoupons;
        std::map<std::string, commerce::Compensation> compensations;
        std::map<Key, commerce::IdempotencyRecord> keys;
        std::vector<commerce::OutboxEvent> events;
    };

    // For the ports outside of transactions that have files of their own.
    template <class Work> auto with(Work work) {
        const std::lock_guard lock(mutex_);
        return work(rows_);
    }
    const core::Clock& clock() const { return clock_; }

private:
    const core::Clock& clock_;
    std::function<void()> onCommitted_;
    std::set<Key> held_;
    std::optional<commerce::IdempotencyRecord> overtaking_;
    mutable std::mutex mutex_;
    Rows rows_; // guarded by mutex_
};

} // namespace outboxd::testing
