#include "commerce/orders.hpp"

#include "commerce/events.hpp"

#include <fmt/format.h>

#include <map>

namespace outboxd::commerce {
namespace {

constexpr std::size_t kMostLines = 100;
constexpr std::int64_t kMostOfOne = 1'000'000;

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

} // namespace

void PlaceOrder::check(Problems& problems) const {
    if (lines.empty() || lines.size() > kMostLines) {
        problems.add("/lines", fmt::format("must have 1 to {} lines", kMostLines));
        return;
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].product.value < 1)
            problems.add(fmt::format("/lines/{}/productId", i), "must be 1 or more");
        problems.range(fmt::format("/lines/{}/quantity", i), lines[i].quantity, 1, kMostOfOne);
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
    const auto total = totalOf(order.lines);
    if (!total) return TotalTooLarge{kMostBalance};
    order.total = *total;
    order.createdAt = transaction.clock().today();
    order.expiresAt = order.createdAt + rules.payWithin;
    order.id = transaction.orders().add(order);
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
