#include "commerce/release.hpp"

#include "commerce/compensation_ports.hpp"
#include "commerce/coupon_ports.hpp"

namespace outboxd::commerce {
namespace {

// One that was invalidated meanwhile stays so.
void giveCouponBack(Transaction& transaction, const Order& order) {
    const auto held = transaction.userCoupons().lock(order.user, *order.coupon);
    if (held) transaction.userCoupons().giveBack(held->id, order.id);
}

} // namespace

void releaseCoupon(Transaction& transaction, const Order& order) {
    if (!order.coupon) return;
    const auto wanted = couponBack(order.id, *order.coupon);
    if (!transaction.compensations().add(order.id, {wanted}).empty()) giveCouponBack(transaction, order);
}

void release(Transaction& transaction, const Order& order) {
    std::vector<Compensation> wanted;
    if (order.coupon) wanted.push_back(couponBack(order.id, *order.coupon));
    for (const auto& line : order.lines) wanted.push_back(stockBack(order.id, {line.product, line.quantity}));

    std::vector<Pieces> stock; // by product id, as the lines are
    for (const auto& given : transaction.compensations().add(order.id, wanted)) {
        if (given.target == CompensationTarget::coupon) {
            giveCouponBack(transaction, order);
        } else {
            stock.push_back({ProductId{given.targetId}, given.quantity.value()});
        }
    }
    if (!stock.empty()) transaction.products().giveBack(stock);
}

} // namespace outboxd::commerce
