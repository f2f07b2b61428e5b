// What people do with carts, stock, coupons and the ends of orders, in one line each, over any unit of work.
#pragma once

#include "commerce/cancel.hpp"
#include "commerce/cart.hpp"
#include "commerce/coupon_ports.hpp"
#include "commerce/stock.hpp"
#include "tests/support/shop_verbs.hpp"

namespace outboxd::testing {

class OrderVerbs : public ShopVerbs {
    template <class Command, class Work> auto run(Command command, Work work) {
        const auto checked = valid(std::move(command));
        return commerce::transact(
            shop_, [&](commerce::Transaction& t) { return work(t, checked); }, kept);
    }

public:
    explicit OrderVerbs(commerce::UnitOfWork& unitOfWork) : ShopVerbs(unitOfWork), shop_(unitOfWork) {}

    commerce::PlaceOrderResult placeWith(commerce::CouponId coupon, commerce::UserId user,
                                         std::vector<commerce::PlaceOrder::Line> lines) {
        commerce::PlaceOrder command{user, std::move(lines), {}};
        command.coupon = coupon;
        return run(command, [](auto& t, const auto& valid) {
            return commerce::placeOrder(t, commerce::OrderRules{}, valid);
        });
    }
    commerce::CancelOrderResult cancel(commerce::OrderId order, commerce::UserId user) {
        return run(commerce::CancelOrder{order, user, {}}, commerce::cancelOrder);
    }
    commerce::ExpiryRound expire(int most = 100) {
        return commerce::expireOrders(shop_, most, [] { return false; });
    }
    commerce::PutInCartResult put(commerce::UserId user, commerce::ProductId product, std::int64_t quantity) {
        return run(commerce::PutInCart{user, {product, quantity}}, commerce::putInCart);
    }
    commerce::AddToCartResult add(commerce::UserId user, commerce::ProductId product, std::int64_t quantity) {
        return run(commerce::AddToCart{user, {product, quantity}}, commerce::addToCart);
    }
    commerce::RemoveFromCartResult remove(commerce::UserId user, commerce::ProductId product) {
        return run(commerce::RemoveFromCart{user, product}, commerce::removeFromCart);
    }
    commerce::OrderCartResult orderCart(commerce::UserId user,
                                        std::optional<commerce::CouponId> coupon = {}) {
        return run(commerce::OrderCart{user, coupon, {}}, [](auto& t, const auto& valid) {
            return commerce::orderCart(t, commerce::OrderRules{}, valid);
        });
    }
    commerce::SpreadStockResult spread(commerce::ProductId product, int slots) {
        return run(commerce::SpreadStock{product, slots}, commerce::spreadStock);
    }
    commerce::AdjustStockResult adjust(commerce::ProductId product, std::int64_t quantity) {
        return run(commerce::AdjustStock{product, quantity, "counted", "clerk"}, commerce::adjustStock);
    }
    // One that can be used until `endsAt`.
    commerce::CouponId coupon(const commerce::Discount& discount, core::Timestamp endsAt) {
        commerce::Coupon coupon;
        coupon.name = "coupon";
        coupon.discount = discount;
        coupon.total = 1000;
        coupon.startsAt = endsAt - std::chrono::hours{24};
        coupon.endsAt = endsAt;
        return commerce::transact(shop_, [&](commerce::Transaction& t) { return t.coupons().add(coupon); });
    }

private:
    commerce::UnitOfWork& shop_;
};

} // namespace outboxd::testing
