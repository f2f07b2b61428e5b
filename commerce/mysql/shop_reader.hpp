// The shop's read side on MariaDB and MySQL.
#pragma once

#include "commerce/shop_reader.hpp"
#include "platform/database/database.hpp"

namespace outboxd::commerce::mysql {

// Thread-safe. `database` must outlive it.
class ShopReader final : public commerce::ShopReader {
public:
    explicit ShopReader(database::Database& database) : database_(database) {}

    std::optional<User> user(UserId id) override;
    std::optional<core::Money> balance(UserId user) override;
    Page<HistoryEntry> history(UserId user, const PageRequest& page) override;
    std::optional<Product> product(ProductId id) override;
    Page<Product> products(const PageRequest& page) override;
    Page<StockAdjustment> adjustments(ProductId product, const PageRequest& page) override;
    std::optional<Cart> cart(UserId user) override;
    std::optional<Order> order(OrderId id) override;
    Page<Order> orders(UserId user, std::optional<OrderState> state, const PageRequest& page) override;
    std::optional<Payment> payment(PaymentId id) override;
    std::optional<Refund> refund(RefundId id) override;
    Page<Refund> refunds(PaymentId payment, const PageRequest& page) override;

private:
    database::Database& database_;
};

} // namespace outboxd::commerce::mysql
