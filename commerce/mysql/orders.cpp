#include "sql/orders.hpp"
#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql {

Order orderFrom(database::Session& session, const database::Row& row) {
    Order order{.id = row.id<OrderId>(0),
                .user = row.id<UserId>(1),
                .state = orderStateFrom(row.bytes(2)),
                .total = row.money(3),
                .discount = row.money(4),
                .coupon = {},
                .createdAt = row.time(6),
                .expiresAt = row.time(7),
                .completedAt = row.maybeTime(8),
                .cancelRequested = row.integer(9) != 0,
                .lines = {}};
    if (!row.isNull(5)) order.coupon = row.id<CouponId>(5);
    for (const auto& line : session.query(sql::orders::lines_of_order, {order.id})) {
        order.lines.push_back({line.id<ProductId>(0), line.integer(1), line.money(2)});
    }
    return order;
}

OrderId Orders::add(const Order& order) {
    session_.execute(sql::orders::insert_order,
                     {order.user, name(order.state), order.total, order.discount, order.coupon,
                      order.expiresAt, order.createdAt, order.createdAt});
    const OrderId id{session_.lastInsertId()};
    std::string lines;
    for (const auto& line : order.lines) {
        lines += fmt::format("{}[{},{},{}]", lines.empty() ? "" : ",", line.product.value, line.quantity,
                             line.unitPrice.minorUnits());
    }
    session_.execute(sql::orders::insert_lines, {id, "[" + lines + "]"});
    return id;
}

std::optional<Order> Orders::lock(OrderId id) {
    const auto rows = session_.query(sql::orders::lock_order, {id});
    if (rows.empty()) return std::nullopt;
    return orderFrom(session_, rows.front());
}

bool Orders::move(OrderId id, OrderState from, OrderState to, std::optional<core::Timestamp> completedAt) {
    return session_.execute(sql::orders::move_order, {name(to), completedAt, id, name(from)}) == 1;
}

} // namespace outboxd::commerce::mysql
