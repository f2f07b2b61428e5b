#include "sql/payments.hpp"
#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"

namespace outboxd::commerce::mysql {

Payment paymentFrom(const database::Row& row) {
    Payment payment{.id = row.id<PaymentId>(0),
                    .method = paymentMethodFrom(row.bytes(1)),
                    .state = paymentStateFrom(row.bytes(2)),
                    .amount = row.money(3),
                    .refunded = row.money(10),
                    .order = {},
                    .user = {},
                    .merchant = row.maybeBytes(6),
                    .currency = row.maybeBytes(7),
                    .reference = row.maybeBytes(8),
                    .reason = row.maybeBytes(11),
                    .createdAt = row.time(9),
                    .gatewayKey = row.maybeBytes(12),
                    .nextInquiryAt = row.maybeTime(13),
                    .inquiries = row.integer(14)};
    if (!row.isNull(4)) payment.order = row.id<OrderId>(4);
    if (!row.isNull(5)) payment.user = row.id<UserId>(5);
    return payment;
}

PaymentId Payments::add(const Payment& payment) {
    session_.execute(sql::payments::insert_payment,
                     {payment.order, payment.user, name(payment.method), payment.merchant, payment.amount,
                      payment.currency, payment.reference, name(payment.state), payment.gatewayKey,
                      payment.nextInquiryAt, payment.createdAt, payment.createdAt});
    return PaymentId{session_.lastInsertId()};
}

std::optional<Payment> Payments::find(PaymentId id) {
    const auto rows = session_.query(sql::payments::payment_by_id, {id});
    if (rows.empty()) return std::nullopt;
    return paymentFrom(rows.front());
}

std::optional<PaymentId> Payments::byGatewayKey(const std::string& key) {
    const auto rows = session_.query(sql::payments::payment_by_gateway_key, {key});
    if (rows.empty()) return std::nullopt;
    return rows.front().id<PaymentId>(0);
}

std::optional<Payment> Payments::lock(PaymentId id) {
    const auto rows = session_.query(sql::payments::lock_payment, {id});
    if (rows.empty()) return std::nullopt;
    return paymentFrom(rows.front());
}

bool Payments::move(PaymentId id, PaymentState from, PaymentState to,
                    const std::optional<std::string>& reason, std::optional<core::Timestamp> nextInquiryAt) {
    std::optional<core::Timestamp> settledAt;
    if (to == PaymentState::succeeded || to == PaymentState::failed) settledAt = clock_.today();
    return session_.execute(sql::payments::move_payment,
                            {name(to), reason, nextInquiryAt, settledAt, id, name(from)}) == 1;
}

void Payments::inquireAgain(PaymentId id, core::Timestamp at) {
    session_.execute(sql::payments::inquire_again, {at, id});
}

std::vector<PaymentId> Payments::due(core::Timestamp now, int limit) {
    std::vector<PaymentId> ids;
    for (const auto& row : session_.query(sql::payments::due_payments, {now, limit})) {
        ids.push_back(row.id<PaymentId>(0));
    }
    return ids;
}

bool Payments::reserveRefund(PaymentId id, core::Money amount) {
    if (amount == core::Money{}) return true; // would change no row
    return session_.execute(sql::payments::reserve_refund, {amount, id, amount}) == 1;
}

void Payments::takeBackReservation(PaymentId id, core::Money amount) {
    session_.execute(sql::payments::take_back_reservation, {amount, id});
}

} // namespace outboxd::commerce::mysql
