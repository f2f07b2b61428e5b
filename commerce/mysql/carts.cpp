#include "commerce/mysql/carts.hpp"

#include "sql/carts.hpp"

namespace outboxd::commerce::mysql {

std::optional<std::vector<Pieces>> Carts::lock(UserId user) {
    // An empty cart has no rows that could be locked, so the user's own row stands for it.
    if (session_.query(sql::carts::lock_cart, {user}).empty()) return std::nullopt;
    std::vector<Pieces> items;
    for (const auto& row : session_.query(sql::carts::cart_quantities, {user}))
        items.push_back({row.id<ProductId>(0), row.integer(1)});
    return items;
}

void Carts::put(UserId user, const Pieces& pieces, core::Timestamp at) {
    session_.execute(sql::carts::put_item, {user, pieces.product, pieces.quantity, at, pieces.quantity, at});
}

void Carts::remove(UserId user, ProductId product) {
    session_.execute(sql::carts::remove_item, {user, product});
}

void Carts::clear(UserId user) { session_.execute(sql::carts::clear_cart, {user}); }

} // namespace outboxd::commerce::mysql
