// The two homes of the shop's rows over which the contract suite runs: the fake that the unit tests use, and the
// database.
#pragma once

#include "tests/support/fake_claim_queue.hpp"
#include "tests/support/fake_coupon_reader.hpp"
#include "tests/support/fake_shop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/mysql_shop.hpp"
#include "tests/support/shop_verbs.hpp"

#include <tuple>

namespace outboxd::testing {

class InMemoryShop {
public:
    commerce::UnitOfWork& unitOfWork() { return rows_; }
    commerce::ShopReader& reader() { return rows_; }
    commerce::ClaimQueue& claimQueue() { return claimQueue_; }
    commerce::CouponReader& couponReader() { return couponReader_; }
    const core::Clock& clock() const { return clock_; }
    std::vector<commerce::OutboxEvent> events() { return rows_.events(); }
    int rings() const { return rings_; }
    void plant(commerce::UserId user, commerce::CouponId coupon,
               commerce::UserCouponState state = commerce::UserCouponState::available,
               std::optional<commerce::OrderId> order = {}) {
        rows_.plant(user, coupon, state, order);
    }

private:
    ManualClock clock_;
    int rings_ = 0;
    FakeShop rows_{clock_, [this] { ++rings_; }};
    FakeClaimQueue claimQueue_{rows_};
    FakeCouponReader couponReader_{rows_};
};

using Shops = std::tuple<InMemoryShop, MySqlShop>;

// Runs `work(transaction)` and keeps its changes.
template <class Shop, class Work> auto keeping(Shop& shop, Work work) {
    return commerce::transact(shop.unitOfWork(), work);
}

} // namespace outboxd::testing
