// What people do in a shop, in one line each, over any unit of work.
#pragma once

#include "commerce/coupons.hpp"
#include "commerce/orders.hpp"
#include "commerce/payments.hpp"
#include "commerce/points.hpp"
#include "commerce/products.hpp"
#include "commerce/unit_of_work.hpp"
#include "commerce/users.hpp"

#include <string>
#include <utility>
#include <vector>

namespace outboxd::testing {

// Throws std::bad_variant_access if the command is not valid.
template <class Command> commerce::Valid<Command> valid(Command command) {
    return std::get<commerce::Valid<Command>>(commerce::validate(std::move(command)));
}

// By convention the first alternative of a result is the success.
constexpr auto kept = [](const auto& result) { return result.index() == 0; };

class ShopVerbs {
public:
    explicit ShopVerbs(commerce::UnitOfWork& unitOfWork) : unitOfWork_(unitOfWork) {}

    commerce::CreateUserResult signUp(const std::string& username) {
        const auto command = valid(commerce::CreateUser{username, username + "@example.com", {}});
        return commerce::transact(
            unitOfWork_, [&](commerce::Transaction& t) { return commerce::createUser(t, command); }, kept);
    }
    commerce::UserId userWith(const std::string& username, std::int64_t points) {
        const auto id = std::get<commerce::User>(signUp(username)).id;
        if (points > 0) std::get<commerce::Charged>(charge(id, points));
        return id;
    }
    commerce::ChargePointsResult charge(commerce::UserId user, std::int64_t amount) {
        const auto command = valid(commerce::ChargePoints{user, core::Money{amount}, {}});
        return commerce::transact(
            unitOfWork_, [&](commerce::Transaction& t) { return commerce::chargePoints(t, command); }, kept);
    }
    commerce::ProductId product(const std::string& name, std::int64_t price, std::int64_t stock) {
        const auto command = valid(commerce::CreateProduct{name, core::Money{price}, stock, "clerk"});
        return commerce::transact(
                   unitOfWork_, [&](commerce::Transaction& t) { return commerce::createProduct(t, command); })
            .id;
    }
    commerce::PlaceOrderResult place(commerce::UserId user, std::vector<commerce::PlaceOrder::Line> lines) {
        const auto command = valid(commerce::PlaceOrder{user, std::move(lines), {}});
        return commerce::transact(
            unitOfWork_,
            [&](commerce::Transaction& t) {
                return commerce::placeOrder(t, commerce::OrderRules{}, command);
            },
            kept);
    }
    commerce::OrderId placed(commerce::UserId user, commerce::ProductId product, std::int64_t quantity = 1) {
        return std::get<commerce::Order>(place(user, {{product, quantity}})).id;
    }
    commerce::PayOrderResult pay(commerce::OrderId order, commerce::UserId user) {
        const auto command = valid(commerce::PayOrder{order, user, {}});
        return commerce::transact(
            unitOfWork_, [&](commerce::Transaction& t) { return commerce::payOrder(t, command); }, kept);
    }
    // One that can be claimed for an hour from `from` on.
    commerce::CouponId coupon(std::int64_t total, core::Timestamp from) {
        const auto command = valid(
            commerce::CreateCoupon{"spring", "FIXED", 500, {}, total, from, from + std::chrono::hours{1}});
        return commerce::transact(
                   unitOfWork_, [&](commerce::Transaction& t) { return commerce::createCoupon(t, command); })
            .id;
    }
    commerce::Decided drain(commerce::CouponId coupon, commerce::ClaimId after = {},
                            std::size_t most = 1000) {
        return commerce::transact(unitOfWork_, [&](commerce::Transaction& t) {
            return commerce::decideClaims(t, coupon, after, most);
        });
    }
    commerce::Payment authorize(const std::string& merchant, std::int64_t amount) {
        const auto command =
            valid(commerce::Authorize{merchant, core::Money{amount}, "EUR", "invoice 7", {}});
        return commerce::transact(unitOfWork_,
                                  [&](commerce::Transaction& t) { return commerce::authorize(t, command); });
    }

private:
    commerce::UnitOfWork& unitOfWork_;
};

} // namespace outboxd::testing
