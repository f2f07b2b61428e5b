#include "commerce/cart.hpp"

#include "commerce/cart_ports.hpp"
#include "commerce/shop_reader.hpp"
#include "platform/core/error.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

void checkPieces(const Pieces& pieces, Problems& problems) {
    if (pieces.product.value < 1) problems.add("/productId", "must be 1 or more");
    problems.range("/quantity", pieces.quantity, 1, kMostOfOneProduct);
}

// The quantity in the cart becomes what `wanted` makes of what is there.
template <class Result, class Wanted>
Result change(Transaction& transaction, UserId user, const Pieces& pieces, Wanted wanted) {
    const auto product = pieces.product;
    const auto cart = transaction.carts().lock(user);
    if (!cart) return UserNotFound{user};
    if (transaction.products().find({product}).empty()) return ProductNotFound{product};
    const auto there = std::ranges::find(*cart, product, &Pieces::product);
    if (there == cart->end() && cart->size() >= kMostInCart) return CartFull{};
    Result result = wanted(there == cart->end() ? 0 : there->quantity);
    if (const auto* now = std::get_if<Pieces>(&result))
        transaction.carts().put(user, *now, transaction.clock().today());
    return result;
}

} // namespace

std::optional<core::Money> totalOf(const std::vector<CartItem>& items) {
    core::Money total;
    for (const auto& [product, quantity] : items) {
        const auto amount = product.price.times(quantity);
        const auto sum = amount ? total.plus(*amount) : std::nullopt;
        if (!sum || *sum > kMostBalance) return std::nullopt;
        total = *sum;
    }
    return total;
}

void PutInCart::check(Problems& problems) const { checkPieces(pieces, problems); }
void AddToCart::check(Problems& problems) const { checkPieces(pieces, problems); }

void OrderCart::check(Problems& problems) const {
    if (coupon && coupon->value < 1) problems.add("/couponId", "must be 1 or more");
}

PutInCartResult putInCart(Transaction& transaction, const Valid<PutInCart>& command) {
    return change<PutInCartResult>(transaction, command->user, command->pieces,
                                   [&](std::int64_t) { return command->pieces; });
}

AddToCartResult addToCart(Transaction& transaction, const Valid<AddToCart>& command) {
    const auto product = command->pieces.product;
    const auto more = command->pieces.quantity;
    return change<AddToCartResult>(transaction, command->user, command->pieces,
                                   [&](std::int64_t there) -> AddToCartResult {
                                       if (there + more > kMostOfOneProduct)
                                           return CartQuantityTooLarge{product, there, kMostOfOneProduct};
                                       return Pieces{product, there + more};
                                   });
}

RemoveFromCartResult removeFromCart(Transaction& transaction, const Valid<RemoveFromCart>& command) {
    if (!transaction.carts().lock(command->user)) return UserNotFound{command->user};
    transaction.carts().remove(command->user, command->product);
    return Removed{};
}

OrderCartResult orderCart(Transaction& transaction, const OrderRules& rules,
                          const Valid<OrderCart>& command) {
    const auto cart = transaction.carts().lock(command->user);
    if (!cart) return UserNotFound{command->user};
    if (cart->empty()) return CartEmpty{};
    transaction.carts().clear(command->user);

    PlaceOrder order;
    order.user = command->user;
    for (const auto& [product, quantity] : *cart) order.lines.push_back({product, quantity});
    order.traceparent = command->traceparent;
    order.coupon = command->coupon;
    auto checked = validate(std::move(order));
    if (!std::holds_alternative<Valid<PlaceOrder>>(checked))
        throw core::Error(core::ErrorKind::invalid_data, "a cart holds what no order can");
    return std::visit([](auto result) -> OrderCartResult { return result; },
                      placeOrder(transaction, rules, std::get<Valid<PlaceOrder>>(checked)));
}

} // namespace outboxd::commerce
