// What can be looked at without changing anything.
#pragma once

#include "commerce/refund.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace outboxd::commerce {

// `cursor`: the `next` of the page before; empty starts at the beginning. `limit`: 1 to kMostPerPage.
struct PageRequest {
    std::optional<std::int64_t> cursor;
    int limit = 20;
};
inline constexpr int kMostPerPage = 100;

// `next`: the cursor of the following page; empty if this is the last one. Pages stay right while rows are
// added: nothing is shown twice and nothing that was there is left out.
template <class Item> struct Page {
    std::vector<Item> items;
    std::optional<std::int64_t> next;
};

struct CartItem {
    Product product; // as it is now; its stock is not reserved
    std::int64_t quantity = 0;
};
struct Cart {
    UserId user;
    std::vector<CartItem> items;      // by product id
    std::optional<core::Money> total; // at today's prices; empty if it passes kMostBalance
};

// At the prices of the items; empty if it passes kMostBalance.
std::optional<core::Money> totalOf(const std::vector<CartItem>& items);

// Thread-safe. Each call sees what is committed when it runs. Throws core::Error: unavailable, overloaded,
// timeout.
class ShopReader {
public:
    virtual ~ShopReader() = default;

    virtual std::optional<User> user(UserId id) = 0;
    // Empty if there is no such user.
    virtual std::optional<core::Money> balance(UserId user) = 0;
    // Newest first; empty for an unknown user.
    virtual Page<HistoryEntry> history(UserId user, const PageRequest& page) = 0;
    virtual std::optional<Product> product(ProductId id) = 0;
    // By id.
    virtual Page<Product> products(const PageRequest& page) = 0;
    // Newest first; empty for an unknown product.
    virtual Page<StockAdjustment> adjustments(ProductId product, const PageRequest& page) = 0;
    // Empty if there is no such user.
    virtual std::optional<Cart> cart(UserId user) = 0;
    virtual std::optional<Order> order(OrderId id) = 0;
    // Newest first, all or those in one state; empty for an unknown user.
    virtual Page<Order> orders(UserId user, std::optional<OrderState> state, const PageRequest& page) = 0;
    virtual std::optional<Payment> payment(PaymentId id) = 0;
    virtual std::optional<Refund> refund(RefundId id) = 0;
    // By id; empty for an unknown payment.
    virtual Page<Refund> refunds(PaymentId payment, const PageRequest& page) = 0;
};

} // namespace outboxd::commerce
