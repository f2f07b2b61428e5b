// The shop's things as the rules see them. Money is in minor units, times are UTC.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/core/ids.hpp"
#include "platform/core/money.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outboxd::commerce {

using UserId = core::Id<struct UserTag>;
using ProductId = core::Id<struct ProductTag>;
using OrderId = core::Id<struct OrderTag>;
using PaymentId = core::Id<struct PaymentTag>;
using HistoryId = core::Id<struct HistoryTag>;
using CouponId = core::Id<struct CouponTag>;
using UserCouponId = core::Id<struct UserCouponTag>;
using ClaimId = core::Id<struct ClaimTag>;
using RefundId = core::Id<struct RefundTag>;
using AdjustmentId = core::Id<struct AdjustmentTag>;

struct User {
    UserId id;
    std::string username;
    std::string email;
    std::optional<std::string> phoneNumber;
    core::Timestamp createdAt;
};

enum class HistoryKind { charge, use, refund, adjustment, loyalty, loyalty_back };

// One movement of points. The balance of an account is the sum of `amount` over its history, at any commit.
struct HistoryEntry {
    HistoryId id;
    HistoryKind kind = HistoryKind::charge;
    core::Money amount; // signed: negative takes points away
    core::Money balanceAfter;
    std::string reference; // the cause: "charge:<event id>", "payment:<payment id>"; unique
    core::Timestamp at;
};

struct Product {
    ProductId id;
    std::string name;
    core::Money price;
    std::int64_t stock = 0;
    std::int64_t version = 0; // changes with name and price, not with stock
    int slots = 1;            // over which the stock is spread: more for products that many buy at once
};

// Pieces of one product.
struct Pieces {
    ProductId product;
    std::int64_t quantity = 0;
};

// A change of stock that is no order's. The stock of a product is the sum of these, less what live orders hold.
struct StockAdjustment {
    AdjustmentId id;
    ProductId product;
    std::int64_t quantity = 0; // signed
    std::string reason;
    std::string madeBy; // the client's scope
    core::Timestamp at;
};

enum class OrderState { waiting, paying, complete, cancelled, expired };

struct OrderLine {
    ProductId product;
    std::int64_t quantity = 0;
    core::Money unitPrice;
};

struct Order {
    OrderId id;
    UserId user;
    OrderState state = OrderState::waiting;
    core::Money total;                   // what is to be paid: the sum of the lines less `discount`
    core::Money discount = {};           // what the coupon took off
    std::optional<CouponId> coupon = {}; // used by this order until it is cancelled or expires
    core::Timestamp createdAt;
    core::Timestamp expiresAt; // until when a waiting order keeps its stock and can be paid
    std::optional<core::Timestamp> completedAt;
    bool cancelRequested = false; // while paying: to be cancelled once the gateway's answer is known
    std::vector<OrderLine> lines; // by product id; one line per product
};

enum class PaymentMethod { points, card, authorization };
enum class PaymentState { pending, succeeded, failed, unknown, refunded };

struct Payment {
    PaymentId id;
    PaymentMethod method = PaymentMethod::points;
    PaymentState state = PaymentState::succeeded;
    core::Money amount;
    core::Money refunded = {};              // of `amount`; refunds under way count
    std::optional<OrderId> order;           // of points and card
    std::optional<UserId> user;             // of points and card
    std::optional<std::string> merchant;    // of an authorization
    std::optional<std::string> currency;    // of an authorization; ISO 4217
    std::optional<std::string> reference;   // of an authorization; the merchant's own
    std::optional<std::string> reason = {}; // why it failed, or is unknown
    core::Timestamp createdAt;
    std::optional<std::string> gatewayKey = {};        // of a card payment: what the gateway knows it by
    std::optional<core::Timestamp> nextInquiryAt = {}; // of one without an answer: when to ask the gateway
    std::int64_t inquiries = 0;                        // how often it was asked in vain
};

// Stable names in UPPER_CASE, as the database and the API spell them.
std::string_view name(HistoryKind kind);
std::string_view name(OrderState state);
std::string_view name(PaymentMethod method);
std::string_view name(PaymentState state);
// Throw core::Error(invalid_data) for a name that there is not.
HistoryKind historyKindFrom(std::string_view name);
OrderState orderStateFrom(std::string_view name);
PaymentMethod paymentMethodFrom(std::string_view name);
PaymentState paymentStateFrom(std::string_view name);

} // namespace outboxd::commerce
