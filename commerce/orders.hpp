// Placing orders. Reading them: shop_reader.hpp; paying them: payments.hpp.
#pragma once

#include "commerce/coupon.hpp"
#include "commerce/model.hpp"
#include "commerce/points.hpp"
#include "commerce/ports.hpp"
#include "commerce/valid.hpp"

#include <chrono>
#include <variant>

namespace outboxd::commerce {

struct PlaceOrder {
    struct Line {
        ProductId product;         // /lines/N/productId, 1 or more
        std::int64_t quantity = 0; // /lines/N/quantity, 1 to 1,000,000
    };
    UserId user;
    std::vector<Line> lines;                // /lines, 1 to 100; several lines of one product count as one
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers
    std::optional<CouponId> coupon = {};    // /couponId, 1 or more
    std::string linesAt = "/lines";         // where the lines stand in the request, for its errors

    void check(Problems& problems) const;
};
inline constexpr std::int64_t kMostOfOneProduct = 1'000'000;

struct OrderRules {
    std::chrono::seconds payWithin{900}; // how long an unpaid order keeps its stock
};

struct ProductNotFound {
    ProductId product;
};
struct OutOfStock {
    ProductId product;
    std::int64_t requested = 0;
    std::int64_t available = 0; // as seen a moment ago
};
// The sum passes kMostBalance, so nobody could ever pay it.
struct TotalTooLarge {
    core::Money limit;
};

// There is none, or the user does not hold it.
struct UnknownCoupon {
    CouponId coupon;
};
struct CouponNotUsable {
    CouponId coupon;
    UserCouponState state; // why: used, expired (also by the clock alone) or invalidated
};

using PlaceOrderResult = std::variant<Order, UserNotFound, ProductNotFound, UnknownCoupon, CouponNotUsable,
                                      OutOfStock, TotalTooLarge>;

// The order in state waiting at today's prices, its coupon used, its stock taken, and the event OrderPlaced. Locks the
// held coupon, then stock, in product id order. A refusal needs the transaction rolled back: rows may have been written.
PlaceOrderResult placeOrder(Transaction& transaction, const OrderRules& rules,
                            const Valid<PlaceOrder>& command);

} // namespace outboxd::commerce
