#include "sql/orders.hpp"
#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"

#include <fmt/format.h>

#include <map>

namespace outboxd::commerce::mysql {

namespace {

Order withoutLines(const database::Row& row) {
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
    return order;
}

} // namespace

Order orderFrom(database::Session& session, const database::Row& row) {
    auto order = withoutLines(row);
    for (const auto& line : session.query(sql::orders::lines_of_order, {order.id})) {
        order.lines.push_back({line.id<ProductId>(0), line.integer(1), line.money(2)});
    }
    return order;
}

std::vector<Order> ordersFrom(database::Session& session, const database::Rows& rows) {
    std::vector<Order> orders;
    std::map<OrderId, std::size_t> places;
    std::string list;
    for (const auto& row : rows) {
        orders.push_back(withoutLines(row));
        places[orders.back().id] = orders.size() - 1;
        list += fmt::format("{}{}", list.empty() ? "" : ",", orders.back().id.value);
    }
    if (orders.empty()) return orders;
    for (const auto& line : session.query(sql::orders::lines_of_orders, {"[" + list + "]"})) {
        auto& order = orders[places.at(line.id<OrderId>(0))];
        order.lines.push_back({line.id<ProductId>(1), line.integer(2), line.money(3)});
    }
    return orders;
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

std::optional<Order> Orders::lockIfFree(OrderId id) {
    const auto rows = session_.query(sql::orders::lock_order_if_free, {id});
    if (rows.empty()) return std::nullopt;
    return orderFrom(session_, rows.front());
}

std::vector<OrderId> Orders::overdue(core::Timestamp now, int limit) {
    std::vector<OrderId> ids;
    for (const auto& row : session_.query(sql::orders::overdue_orders, {now, limit}))
        ids.push_back(row.id<OrderId>(0));
    return ids;
}

bool Orders::requestCancel(OrderId id) { return session_.execute(sql::orders::request_cancel, {id}) == 1; }

bool Orders::move(OrderId id, OrderState from, OrderState to, std::optional<core::Timestamp> completedAt) {
    return session_.execute(sql::orders::move_order, {name(to), completedAt, id, name(from)}) == 1;
}

} // namespace outboxd::commerce::mysql
