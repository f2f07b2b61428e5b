// What was given back for an order, each thing once. See ports.hpp.
#pragma once

#include "commerce/model.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::commerce {

// What was given back: stock and coupon of an order that ended unpaid, money of a payment, or goods of a refund.
enum class CompensationTarget { stock, coupon, refund, goods };
enum class CompensationState { pending, done };

struct Compensation {
    std::string key; // unique for ever: order, kind of target, target
    OrderId order;
    CompensationTarget target = CompensationTarget::stock;
    std::int64_t targetId = 0;            // of the product, coupon or payment
    std::optional<std::int64_t> quantity; // of stock and goods
    CompensationState state = CompensationState::done;
};

Compensation stockBack(OrderId order, const Pieces& pieces); // "order:7:stock:3"
Compensation couponBack(OrderId order, CouponId coupon);     // "order:7:coupon:5"
Compensation moneyBack(OrderId order, PaymentId payment,
                       CompensationState state);                       // "order:7:refund:9"
Compensation goodsBack(OrderId order, RefundId refund, const Pieces&); // "order:7:return:4:3"

class Compensations {
public:
    virtual ~Compensations() = default;
    // Adds those whose key is not there yet and returns exactly these: what is to be given back now. All belong to
    // `order`, whose row the caller has locked; so of two callers only one gets each.
    virtual std::vector<Compensation> add(OrderId order, const std::vector<Compensation>& wanted) = 0;
    // Compare and set from pending to done; false if it was not pending.
    virtual bool complete(const std::string& key) = 0;
};

// Stable names, as the database spells them.
std::string_view name(CompensationTarget target);
std::string_view name(CompensationState state);

} // namespace outboxd::commerce
