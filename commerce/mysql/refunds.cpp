#include "sql/refunds.hpp"
#include "commerce/mysql/payment_ports.hpp"
#include "commerce/mysql/rows.hpp"
#include "platform/database/errors.hpp"
#include "sql/payments.hpp"

#include <fmt/format.h>

namespace outboxd::commerce::mysql {

Refund refundFrom(database::Session& session, const database::Row& row) {
    Refund refund{.id = row.id<RefundId>(0),
                  .payment = row.id<PaymentId>(1),
                  .order = {},
                  .user = {},
                  .amount = row.money(4),
                  .state = refundStateFrom(row.bytes(5)),
                  .origin = refundOriginFrom(row.bytes(6)),
                  .reason = row.bytes(7),
                  .failure = row.maybeBytes(8),
                  .gatewayKey = row.maybeBytes(9),
                  .paymentKey = row.maybeBytes(13),
                  .attempts = row.integer(10),
                  .nextAttemptAt = row.maybeTime(11),
                  .createdAt = row.time(12),
                  .lines = {}};
    if (!row.isNull(2)) refund.order = row.id<OrderId>(2);
    if (!row.isNull(3)) refund.user = row.id<UserId>(3);
    for (const auto& line : session.query(sql::refunds::lines_of_refund, {refund.id})) {
        refund.lines.push_back({line.id<ProductId>(0), line.integer(1)});
    }
    return refund;
}

RefundId Refunds::add(const Refund& refund) {
    session_.execute(sql::refunds::insert_refund,
                     {refund.payment, refund.order, refund.amount, name(refund.state), name(refund.origin),
                      refund.reason, refund.gatewayKey, refund.nextAttemptAt, refund.createdAt,
                      refund.createdAt});
    const RefundId id{session_.lastInsertId()};
    std::string lines;
    for (const auto& [product, quantity] : refund.lines) {
        lines += fmt::format("{}[{},{}]", lines.empty() ? "" : ",", product.value, quantity);
    }
    if (!lines.empty()) session_.execute(sql::refunds::insert_refund_lines, {id, "[" + lines + "]"});
    return id;
}

std::optional<Refund> Refunds::find(RefundId id) {
    const auto rows = session_.query(sql::refunds::refund_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return refundFrom(session_, rows.front());
}

std::optional<RefundId> Refunds::byGatewayKey(const std::string& key) {
    const auto rows = session_.query(sql::refunds::refund_by_gateway_key, {key});
    if (rows.empty()) return std::nullopt;
    return rows.front().id<RefundId>(0);
}

std::optional<Refund> Refunds::lock(RefundId id) {
    if (session_.query(sql::refunds::lock_refund, {id}).empty()) return std::nullopt;
    return find(id);
}

bool Refunds::move(RefundId id, RefundState from, RefundState to, const std::optional<std::string>& failure,
                   std::optional<core::Timestamp> nextAttemptAt) {
    return session_.execute(sql::refunds::move_refund, {name(to), failure, nextAttemptAt, id, name(from)}) ==
           1;
}

void Refunds::attemptAgain(RefundId id, core::Timestamp at) {
    session_.execute(sql::refunds::attempt_again, {at, id});
}

std::vector<RefundId> Refunds::due(core::Timestamp now, int limit) {
    std::vector<RefundId> ids;
    for (const auto& row : session_.query(sql::refunds::due_refunds, {now, limit})) {
        ids.push_back(row.id<RefundId>(0));
    }
    return ids;
}

std::vector<Pieces> Refunds::returned(PaymentId payment) {
    std::vector<Pieces> pieces;
    for (const auto& row : session_.query(sql::refunds::returned_goods, {payment})) {
        pieces.push_back({row.id<ProductId>(0), row.integer(1)});
    }
    return pieces;
}

bool Refunds::owed(PaymentId payment) {
    return !session_.query(sql::refunds::compensation_of_payment, {payment}).empty();
}

core::Money Refunds::succeeded(PaymentId payment) {
    return session_.query(sql::refunds::refunded_for_good, {payment}).front().money(0);
}

bool GatewayCallbacks::add(const std::string& id, const std::string& key, const std::string& outcome) {
    try {
        session_.execute(sql::payments::insert_callback, {id, key, outcome});
        return true;
    } catch (const database::DuplicateKey&) {
        return false;
    }
}

} // namespace outboxd::commerce::mysql
