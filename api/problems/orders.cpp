#include "api/problems/orders.hpp"

#include <fmt/format.h>

namespace outboxd::api {

http::Problem problemFor(const commerce::ProductNotFound& refusal) {
    return {422, "unknown_product", fmt::format("There is no product {}.", refusal.product.value)};
}

http::Problem problemFor(const commerce::OutOfStock& refusal) {
    if (refusal.available == 0)
        return {409, "sold_out", fmt::format("Product {} is sold out.", refusal.product.value)};
    return {409, "insufficient_stock",
            fmt::format("Of product {} there are {}, not {}.", refusal.product.value, refusal.available,
                        refusal.requested)};
}

http::Problem problemFor(const commerce::TotalTooLarge& refusal) {
    return {422, "order_total_too_large",
            fmt::format("The order's total passes {}.", refusal.limit.minorUnits())};
}

http::Problem problemFor(const commerce::UnknownCoupon& refusal) {
    return {.status = 422,
            .code = "unknown_coupon",
            .detail = fmt::format("The user does not hold coupon {}.", refusal.coupon.value),
            .errors = {{"/couponId", "is no coupon of the user"}}};
}

http::Problem problemFor(const commerce::CouponNotUsable& refusal) {
    const auto detail = fmt::format("Coupon {} cannot be used: it is {}.", refusal.coupon.value,
                                    commerce::name(refusal.state));
    return {.status = 409, .code = "coupon_not_usable", .detail = detail, .errors = {{"/couponId", detail}}};
}

http::Problem problemFor(const commerce::CartFull&) {
    return {409, "cart_full", fmt::format("A cart takes {} products.", commerce::kMostInCart)};
}

http::Problem problemFor(const commerce::CartQuantityTooLarge& refusal) {
    return {.status = 409,
            .code = "cart_quantity_too_large",
            .detail = fmt::format("There are {} of product {} in the cart; it takes {}.", refusal.quantity,
                                  refusal.product.value, refusal.limit),
            .errors = {{"/quantity", "is too much together with what is in the cart"}}};
}

http::Problem problemFor(const commerce::CartEmpty&) { return {409, "cart_empty", "The cart is empty."}; }

http::Problem problemFor(const commerce::OrderNotFound& refusal) {
    return {404, "order_not_found", fmt::format("There is no order {}.", refusal.order.value)};
}

http::Problem problemFor(const commerce::WrongState& refusal) {
    return {409, "wrong_order_state", fmt::format("The order is {}.", commerce::name(refusal.state))};
}

http::Problem problemFor(const commerce::OrderExpired& refusal) {
    return {409, "order_expired",
            fmt::format("The order could be paid until {}.", core::toRfc3339(refusal.expiresAt))};
}

} // namespace outboxd::api
