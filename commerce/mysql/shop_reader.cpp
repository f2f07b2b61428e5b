#include "commerce/mysql/shop_reader.hpp"

#include "commerce/mysql/rows.hpp"
#include "sql/carts.hpp"
#include "sql/orders.hpp"
#include "sql/payments.hpp"
#include "sql/points.hpp"
#include "sql/products.hpp"
#include "sql/refunds.hpp"
#include "sql/stock.hpp"
#include "sql/users.hpp"

#include <limits>

namespace outboxd::commerce::mysql {
namespace {

std::int64_t before(const PageRequest& page) {
    return page.cursor.value_or(std::numeric_limits<std::int64_t>::max());
}

// `rows` were asked for one more than the page holds, to know whether there is a next one.
template <class ItemFrom> auto pageOf(const database::Rows& rows, int limit, ItemFrom itemFrom) {
    Page<decltype(itemFrom(rows.front()))> page;
    for (const auto& row : rows) {
        if (page.items.size() == static_cast<std::size_t>(limit)) {
            page.next = page.items.back().id.value;
            break;
        }
        page.items.push_back(itemFrom(row));
    }
    return page;
}

} // namespace

std::optional<User> ShopReader::user(UserId id) {
    const auto rows = database_.session()->query(sql::users::user_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return userFrom(rows.front());
}

std::optional<core::Money> ShopReader::balance(UserId user) {
    const auto rows = database_.session()->query(sql::points::balance, {user});
    if (rows.empty()) return std::nullopt;
    return rows.front().money(0);
}

Page<HistoryEntry> ShopReader::history(UserId user, const PageRequest& page) {
    const auto rows =
        database_.session()->query(sql::points::history_page, {user, before(page), page.limit + 1});
    return pageOf(rows, page.limit, historyEntryFrom);
}

std::optional<Product> ShopReader::product(ProductId id) {
    const auto rows = database_.session()->query(sql::products::product_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return productFrom(rows.front());
}

Page<Product> ShopReader::products(const PageRequest& page) {
    const auto rows =
        database_.session()->query(sql::products::products_page, {page.cursor.value_or(0), page.limit + 1});
    return pageOf(rows, page.limit, productFrom);
}

Page<StockAdjustment> ShopReader::adjustments(ProductId product, const PageRequest& page) {
    const auto rows =
        database_.session()->query(sql::stock::adjustments_page, {product, before(page), page.limit + 1});
    return pageOf(rows, page.limit, adjustmentFrom);
}

std::optional<Cart> ShopReader::cart(UserId user) {
    const auto session = database_.session();
    if (session->query(sql::users::user_exists, {user}).empty()) return std::nullopt;
    Cart cart{user, {}, core::Money{}};
    for (const auto& row : session->query(sql::carts::cart_of_user, {user})) {
        CartItem item;
        item.product.id = row.id<ProductId>(0);
        item.product.name = row.bytes(1);
        item.product.price = row.money(2);
        item.product.stock = row.integer(4);
        item.quantity = row.integer(3);
        cart.items.push_back(std::move(item));
    }
    cart.total = totalOf(cart.items);
    return cart;
}

std::optional<Order> ShopReader::order(OrderId id) {
    const auto session = database_.session();
    const auto rows = session->query(sql::orders::order_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return orderFrom(*session, rows.front());
}

Page<Order> ShopReader::orders(UserId user, std::optional<OrderState> state, const PageRequest& page) {
    const auto session = database_.session();
    auto rows = state ? session->query(sql::orders::orders_of_user_in_state,
                                       {user, before(page), name(*state), page.limit + 1})
                      : session->query(sql::orders::orders_of_user, {user, before(page), page.limit + 1});
    Page<Order> result;
    if (const auto limit = static_cast<std::size_t>(page.limit); rows.size() > limit) {
        rows.erase(rows.begin() + page.limit, rows.end());
        result.next = rows.back().integer(0);
    }
    result.items = ordersFrom(*session, rows);
    return result;
}

std::optional<Payment> ShopReader::payment(PaymentId id) {
    const auto rows = database_.session()->query(sql::payments::payment_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return paymentFrom(rows.front());
}

std::optional<Refund> ShopReader::refund(RefundId id) {
    const auto session = database_.session();
    const auto rows = session->query(sql::refunds::refund_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return refundFrom(*session, rows.front());
}

Page<Refund> ShopReader::refunds(PaymentId payment, const PageRequest& page) {
    const auto session = database_.session();
    const auto rows =
        session->query(sql::refunds::refunds_page, {payment, page.cursor.value_or(0), page.limit + 1});
    return pageOf(rows, page.limit, [&](const database::Row& row) { return refundFrom(*session, row); });
}

} // namespace outboxd::commerce::mysql
