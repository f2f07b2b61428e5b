// Carts, held coupons and what was given back, in memory; parts of FakeShop's transactions.
#pragma once

#include "commerce/cart_ports.hpp"
#include "commerce/compensation_ports.hpp"
#include "commerce/coupon_ports.hpp"

#include <map>

namespace outboxd::testing {

class FakeUserCoupons final : public commerce::UserCoupons {
public:
    using Rows = std::map<commerce::UserCouponId, commerce::UserCoupon>;
    explicit FakeUserCoupons(Rows& rows) : rows_(rows) {}

    std::optional<commerce::UserCoupon> lock(commerce::UserId user, commerce::CouponId coupon) override {
        for (const auto& [id, held] : rows_) {
            if (held.user == user && held.coupon == coupon) return held;
        }
        return std::nullopt;
    }
    bool use(commerce::UserCouponId id, commerce::OrderId order, core::Timestamp at) override {
        const auto found = rows_.find(id);
        if (found == rows_.end() || found->second.state != commerce::UserCouponState::available) return false;
        found->second.state = commerce::UserCouponState::used;
        found->second.order = order;
        found->second.usedAt = at;
        return true;
    }
    bool giveBack(commerce::UserCouponId id, commerce::OrderId order) override {
        const auto found = rows_.find(id);
        if (found == rows_.end() || found->second.state != commerce::UserCouponState::used ||
            found->second.order != order)
            return false;
        found->second.state = commerce::UserCouponState::available;
        found->second.order.reset();
        found->second.usedAt.reset();
        return true;
    }

private:
    Rows& rows_;
};

class FakeCompensations final : public commerce::Compensations {
public:
    using Rows = std::map<std::string, commerce::Compensation>;
    explicit FakeCompensations(Rows& rows) : rows_(rows) {}

    std::vector<commerce::Compensation> add(commerce::OrderId,
                                            const std::vector<commerce::Compensation>& wanted) override {
        std::vector<commerce::Compensation> added;
        for (const auto& one : wanted) {
            if (rows_.emplace(one.key, one).second) added.push_back(one);
        }
        return added;
    }
    bool complete(const std::string& key) override {
        const auto found = rows_.find(key);
        if (found == rows_.end() || found->second.state != commerce::CompensationState::pending) return false;
        found->second.state = commerce::CompensationState::done;
        return true;
    }

private:
    Rows& rows_;
};

// Users are rows of their own here as there; a cart is there for each of them.
class FakeCarts final : public commerce::Carts {
public:
    using Rows = std::map<commerce::UserId, std::map<commerce::ProductId, std::int64_t>>;
    FakeCarts(Rows& rows, const std::map<commerce::UserId, commerce::User>& users)
        : rows_(rows), users_(users) {}

    std::optional<std::vector<commerce::Pieces>> lock(commerce::UserId user) override {
        if (!users_.contains(user)) return std::nullopt;
        std::vector<commerce::Pieces> items;
        for (const auto& [product, quantity] : rows_[user]) items.push_back({product, quantity});
        return items;
    }
    void put(commerce::UserId user, const commerce::Pieces& pieces, core::Timestamp) override {
        rows_[user][pieces.product] = pieces.quantity;
    }
    void remove(commerce::UserId user, commerce::ProductId product) override { rows_[user].erase(product); }
    void clear(commerce::UserId user) override { rows_.erase(user); }

private:
    Rows& rows_;
    const std::map<commerce::UserId, commerce::User>& users_;
};

} // namespace outboxd::testing
