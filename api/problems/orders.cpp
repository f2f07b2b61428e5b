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

http::Problem problemFor(const commerce::OrderNotFound& refusal) {
    return {404, "order_not_found", fmt::format("There is no order {}.", refusal.order.value)};
}

http::Problem problemFor(const commerce::NotOwner&) {
    return {403, "not_order_owner", "The order belongs to another user."};
}

http::Problem problemFor(const commerce::WrongState& refusal) {
    return {409, "wrong_order_state", fmt::format("The order is {}.", commerce::name(refusal.state))};
}

http::Problem problemFor(const commerce::OrderExpired& refusal) {
    return {409, "order_expired",
            fmt::format("The order could be paid until {}.", core::toRfc3339(refusal.expiresAt))};
}

} // namespace outboxd::api
