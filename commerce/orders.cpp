#include "commerce/orders.hpp"

#include "commerce/coupon_ports.hpp"
#include "commerce/order_events.hpp"
#include "commerce/require.hpp"

#include <fmt/format.h>

#include <map>

namespace outboxd::commerce {
namespace {

constexpr std::size_t kMostLines = 100;

// One line per product, in the order in which stock is locked.
std::vector<OrderLine> merged(const std::vector<PlaceOrder::Line>& lines) {
    std::map<ProductId, std::int64_t> quantities;
    for (const auto& line : lines) quantities[line.product] += line.quantity;
    std::vector<OrderLine> result;
    for (const auto& [product, quantity] : quantities) result.push_back({product, quantity, core::Money{}});
    return result;
}

std::vector<ProductId> productsOf(const std::vector<OrderLine>& lines) {
    std::vector<ProductId> ids;
    for (const auto& line : lines) ids.push_back(line.product);
    return ids;
}

// Fills in the prices; the id of the first product that does not exist, if any.
std::optional<ProductId> price(std::vector<OrderLine>& lines, const std::vector<Product>& products) {
    std::map<ProductId, core::Money> prices;
    for (const auto& product : products) prices[product.id] = product.price;
    for (auto& line : lines) {
        const auto found = prices.find(line.product);
        if (found == prices.end()) return line.product;
        line.unitPrice = found->second;
    }
    return std::nullopt;
}

// Empty if it passes kMostBalance.
std::optional<core::Money> totalOf(const std::vector<OrderLine>& lines) {
    core::Money total;
    for (const auto& line : lines) {
        const auto amount = line.unitPrice.times(line.quantity);
        const auto sum = amount ? total.plus(*amount) : std::nullopt;
        if (!sum || *sum > kMostBalance) return std::nullopt;
        total = *sum;
    }
    return total;
}

std::optional<std::variant<UnknownCoupon, CouponNotUsable>>
useCoupon(Transaction& transaction, const Coupon& coupon, const Order& order) {
    const auto held = transaction.userCoupons().lock(order.user, coupon.id);
    if (!held) return UnknownCoupon{coupon.id};
    if (held->state != UserCouponState::available) return CouponNotUsable{coupon.id, held->state};
    if (coupon.endsAt <= order.createdAt) return CouponNotUsable{coupon.id, UserCouponState::expired};
    require(transaction.userCoupons().use(held->id, order.id, order.createdAt),
            "a held coupon changed while its row was locked");
    return std::nullopt;
}

} // namespace

void PlaceOrder::check(Problems& problems) const {
    if (lines.empty() || lines.size() > kMostLines) {
        problems.add(linesAt, fmt::format("must have 1 to {} lines", kMostLines));
        return;
    }
    if (coupon && coupon->value < 1) problems.add("/couponId", "must be 1 or more");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].product.value < 1)
            problems.add(fmt::format("{}/{}/productId", linesAt, i), "must be 1 or more");
        problems.range(fmt::format("{}/{}/quantity", linesAt, i), lines[i].quantity, 1, kMostOfOneProduct);
    }
}

PlaceOrderResult placeOrder(Transaction& transaction, const OrderRules& rules,
                            const Valid<PlaceOrder>& command) {
    if (!transaction.users().exists(command->user)) return UserNotFound{command->user};

    Order order;
    order.user = command->user;
    order.lines = merged(command->lines);
    const auto products = transaction.products().find(productsOf(order.lines));
    if (const auto missing = price(order.lines, products)) return ProductNotFound{*missing};
    const auto sum = totalOf(order.lines);
    if (!sum) return TotalTooLarge{kMostBalance};
    order.createdAt = transaction.clock().today();
    order.expiresAt = order.createdAt + rules.payWithin;
    std::optional<Coupon> coupon;
    if (command->coupon) {
        coupon = transaction.coupons().find(*command->coupon);
        if (!coupon) return UnknownCoupon{*command->coupon};
        order.coupon = coupon->id;
        order.discount = coupon->discount.of(*sum);
    }
    order.total = core::Money{sum->minorUnits() - order.discount.minorUnits()};
    order.id = transaction.orders().add(order);
    if (coupon) {
        const auto refusal = useCoupon(transaction, *coupon, order);
        if (refusal) return std::visit([](const auto& why) -> PlaceOrderResult { return why; }, *refusal);
    }
    transaction.outbox().add(orderPlaced(transaction.clock(), order, command->traceparent));

    // Everybody wants the same few stock rows, so they are locked last.
    for (std::size_t i = 0; i < order.lines.size(); ++i) { // both by product id, one of each
        const auto& line = order.lines[i];
        if (transaction.products().take(products[i], line.quantity)) continue;
        const auto seen = transaction.products().find({line.product});
        return OutOfStock{line.product, line.quantity, seen.empty() ? 0 : seen.front().stock};
    }
    return order;
}

} // namespace outboxd::commerce
