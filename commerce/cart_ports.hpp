// What the rules need of the place where carts live; see ports.hpp.
#pragma once

#include "commerce/model.hpp"

#include <optional>
#include <vector>

namespace outboxd::commerce {

class Carts {
public:
    virtual ~Carts() = default;
    // What is in the user's cart, by product id. Locks the cart, also an empty one, until the end of the transaction.
    // Empty if there is no such user.
    virtual std::optional<std::vector<Pieces>> lock(UserId user) = 0;
    // Of a locked cart: sets the quantity of an existing product.
    virtual void put(UserId user, const Pieces& pieces, core::Timestamp at) = 0;
    virtual void remove(UserId user, ProductId product) = 0;
    virtual void clear(UserId user) = 0;
};

} // namespace outboxd::commerce
