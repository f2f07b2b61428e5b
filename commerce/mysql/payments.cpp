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
                    .createdAt = row.time(9)};
    if (!row.isNull(4)) payment.order = row.id<OrderId>(4);
    if (!row.isNull(5)) payment.user = row.id<UserId>(5);
    return payment;
}

PaymentId Payments::add(const Payment& payment) {
    session_.execute(sql::payments::insert_payment,
                     {payment.order, payment.user, name(payment.method), payment.merchant, payment.amount,
                      payment.currency, payment.reference, name(payment.state), payment.createdAt,
                      payment.createdAt});
    return PaymentId{session_.lastInsertId()};
}

} // namespace outboxd::commerce::mysql
