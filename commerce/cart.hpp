// Carts: what a user thinks of buying. Nothing in them is reserved; prices are those of the moment of ordering.
// Reading them: shop_reader.hpp.
#pragma once

#include "commerce/orders.hpp"

#include <variant>

namespace outboxd::commerce {

inline constexpr std::size_t kMostInCart = 100; // products; an order takes as many lines

struct PutInCart {
    UserId user;
    Pieces pieces; // /quantity, 1 to 1,000,000; /productId, 1 or more

    void check(Problems& problems) const;
};
// The same fields, but the quantity comes on top of what is there.
struct AddToCart {
    UserId user;
    Pieces pieces;

    void check(Problems& problems) const;
};
struct RemoveFromCart {
    UserId user;
    ProductId product;

    void check(Problems&) const {}
};
struct OrderCart {
    UserId user;
    std::optional<CouponId> coupon;         // /couponId, 1 or more
    std::optional<std::string> traceparent; // well-formed W3C trace context; travels in the event's headers

    void check(Problems& problems) const;
};

struct CartFull {}; // kMostInCart other products are in it
// The product's quantity would pass `limit`.
struct CartQuantityTooLarge {
    ProductId product;
    std::int64_t quantity = 0; // what is in the cart
    std::int64_t limit = 0;
};
struct CartEmpty {};

// What is now in the cart of that product.
using PutInCartResult = std::variant<Pieces, UserNotFound, ProductNotFound, CartFull>;
using AddToCartResult = std::variant<Pieces, UserNotFound, ProductNotFound, CartFull, CartQuantityTooLarge>;
struct Removed {}; // or was not there
using RemoveFromCartResult = std::variant<Removed, UserNotFound>;
using OrderCartResult = std::variant<Order, UserNotFound, CartEmpty, ProductNotFound, UnknownCoupon,
                                     CouponNotUsable, OutOfStock, TotalTooLarge>;

PutInCartResult putInCart(Transaction& transaction, const Valid<PutInCart>& command);
AddToCartResult addToCart(Transaction& transaction, const Valid<AddToCart>& command);
RemoveFromCartResult removeFromCart(Transaction& transaction, const Valid<RemoveFromCart>& command);
// Places an order of everything in the cart, which is empty afterwards; see placeOrder(). What another request puts in
// meanwhile stays in. A refusal needs the transaction rolled back: rows may have been written.
OrderCartResult orderCart(Transaction& transaction, const OrderRules& rules, const Valid<OrderCart>& command);

} // namespace outboxd::commerce
