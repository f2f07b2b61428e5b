#include "commerce/compensation_ports.hpp"

#include "commerce/names.hpp"

#include <fmt/format.h>

namespace outboxd::commerce {
namespace {

using enum CompensationTarget;
using enum CompensationState;

constexpr Names<CompensationTarget, 4> kTargets{
    {{stock, "STOCK"}, {coupon, "COUPON"}, {refund, "REFUND"}, {goods, "RETURN"}}};
constexpr Names<CompensationState, 2> kStates{{{pending, "PENDING"}, {done, "DONE"}}};

} // namespace

Compensation stockBack(OrderId order, const Pieces& pieces) {
    const auto product = pieces.product.value;
    return {
        fmt::format("order:{}:stock:{}", order.value, product), order, stock, product, pieces.quantity, done};
}

Compensation couponBack(OrderId order, CouponId id) {
    return {fmt::format("order:{}:coupon:{}", order.value, id.value), order, coupon, id.value, {}, done};
}

Compensation moneyBack(OrderId order, PaymentId payment, CompensationState state) {
    return {fmt::format("order:{}:refund:{}", order.value, payment.value),
            order,
            refund,
            payment.value,
            {},
            state};
}

Compensation goodsBack(OrderId order, RefundId refundId, const Pieces& pieces) {
    const auto product = pieces.product.value;
    return {fmt::format("order:{}:return:{}:{}", order.value, refundId.value, product),
            order,
            goods,
            product,
            pieces.quantity,
            done};
}

std::string_view name(CompensationTarget target) { return nameIn(kTargets, target); }
std::string_view name(CompensationState state) { return nameIn(kStates, state); }

} // namespace outboxd::commerce
