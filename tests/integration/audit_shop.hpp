// A small shop by hand, with an order in every state, in which all sums are right.
#pragma once

#include "platform/database/sql_script.hpp"
#include "tests/support/test_database.hpp"

namespace outboxd::testing {

inline constexpr std::string_view kAuditShop = R"sql(
INSERT INTO users (id, username, email) VALUES (1, 'ann', 'ann@example.com'), (2, 'bob', 'bob@example.com');
INSERT INTO point_account (user_id, balance) VALUES (1, 505), (2, 942);
INSERT INTO point_history (id, user_id, amount, balance_after, kind, reference) VALUES
    (1, 1, 1000, 1000, 'CHARGE', 'charge:01900000-0000-7000-8000-000000000001'),
    (2, 2, 1000, 1000, 'CHARGE', 'charge:01900000-0000-7000-8000-000000000002'),
    (3, 1, -500,  500, 'USE',    'payment:1'),
    (4, 2, -100,  900, 'USE',    'payment:5'),
    (5, 2,   40,  940, 'REFUND', 'refund:2'),
    (6, 1,    5,  505, 'LOYALTY', 'loyalty:1'),
    (7, 2,    4,  944, 'LOYALTY', 'loyalty:5'),
    (8, 2,   -2,  942, 'LOYALTY_BACK', 'loyalty-refund:2');
-- Of 4 points for 100, 2 stay with 60; the refund of a payment that gave none takes none.
INSERT INTO loyalty_refund (refund_id, payment_id, user_id, refunded_before, refunded_after, due, taken, updated_at) VALUES
    (2, 5, 2, 0, 40, 2, 2, NOW()), (3, 6, 1, 0, 270, 0, 0, NOW());

INSERT INTO product (id, name, price, stock_slots) VALUES (1, 'mug', 300, 2), (2, 'pen', 20, 1);
INSERT INTO stock_adjustment (product_id, quantity, reason, made_by) VALUES
    (1, 100, 'first stock', 'test'), (2, 50, 'first stock', 'test'), (2, 5, 'found behind the shelf', 'test');
-- Mugs: 1 waits, 2 and 1 are sold, 1 is being paid for; 1 of a cancelled order is back. Pens: 5 sold, 2 of them back.
INSERT INTO stock_slot (product_id, slot, quantity) VALUES (1, 0, 60), (1, 1, 35), (2, 0, 52);

INSERT INTO coupon (id, name, kind, discount, total, issued, starts_at, ends_at) VALUES
    (1, 'spring', 'FIXED', 100, 2, 2, '2026-01-01', '2027-01-01'),
    (2, 'summer', 'PERCENT', 10, 5, 1, '2026-01-01', '2027-01-01');
INSERT INTO coupon_claim (id, coupon_id, user_id, state, created_at) VALUES
    (11, 1, 1, 'ISSUED',   '2026-01-01 10:00:00'),
    (12, 1, 2, 'ISSUED',   '2026-01-01 10:00:20'),
    (13, 1, 3, 'SOLD_OUT', '2026-01-01 10:00:40'),
    (14, 2, 1, 'ISSUED',   '2026-01-01 10:01:00'),
    (15, 2, 2, 'WAITING',  '2026-01-01 10:02:00');
INSERT INTO user_coupon (id, coupon_id, user_id, state, order_id) VALUES
    (1, 1, 1, 'USED', 2), (2, 1, 2, 'AVAILABLE', NULL), (3, 2, 1, 'AVAILABLE', NULL);

INSERT INTO orders (id, user_id, state, total, discount, coupon_id, expires_at) VALUES
    (1, 1, 'WAITING',   300,   0, NULL, '2027-01-01'),
    (2, 1, 'COMPLETE',  500, 100, 1,    '2027-01-01'),
    (3, 2, 'PAYING',    300,   0, NULL, '2027-01-01'),
    (4, 2, 'EXPIRED',    60,   0, NULL, '2026-01-01'),
    (5, 1, 'CANCELLED', 270,  30, 2,    '2027-01-01'),
    (6, 2, 'COMPLETE',  100,   0, NULL, '2027-01-01'),
    (7, 1, 'COMPLETE',  270,  30, 2,    '2027-01-01'),
    (8, 1, 'CANCELLED',  20,   0, NULL, '2027-01-01');
INSERT INTO order_line (order_id, line, product_id, quantity, unit_price) VALUES
    (1, 1, 1, 1, 300), (2, 1, 1, 2, 300), (3, 1, 1, 1, 300), (4, 1, 2, 3, 20), (5, 1, 1, 1, 300), (6, 1, 2, 5, 20),
    (7, 1, 1, 1, 300), (8, 1, 2, 1, 20);

-- 3 was declined; 4 succeeded after the order was cancelled; 5 is refunded in part, 6 all of it, with the coupon.
INSERT INTO payment (id, order_id, user_id, method, amount, state, refunded) VALUES
    (1, 2, 1, 'POINTS', 500, 'SUCCEEDED', 0),
    (2, 3, 2, 'CARD',   300, 'PENDING',   0),
    (3, 4, 2, 'CARD',    60, 'FAILED',    0),
    (4, 5, 1, 'CARD',   270, 'REFUNDED',  270),
    (5, 6, 2, 'POINTS', 100, 'SUCCEEDED', 40),
    (6, 7, 1, 'CARD',   270, 'REFUNDED',  270);
INSERT INTO refund (id, payment_id, order_id, amount, state, origin, reason) VALUES
    (1, 4, 5, 270, 'SUCCEEDED', 'COMPENSATION', 'cancelled meanwhile'),
    (2, 5, 6,  40, 'SUCCEEDED', 'REQUEST',      'two were broken'),
    (3, 6, 7, 270, 'SUCCEEDED', 'REQUEST',      'not as expected'),
    (4, 5, 6,  60, 'FAILED',    'REQUEST',      'three more');
INSERT INTO refund_line (refund_id, product_id, quantity) VALUES (2, 2, 2), (4, 2, 3);
INSERT INTO compensation (compensation_key, order_id, target, target_id, quantity, state) VALUES
    ('order:4:stock:2',    4, 'STOCK',  2, 3,    'DONE'),
    ('order:5:stock:1',    5, 'STOCK',  1, 1,    'DONE'),
    ('order:5:coupon:2',   5, 'COUPON', 2, NULL, 'DONE'),
    ('order:5:refund:4',   5, 'REFUND', 4, NULL, 'DONE'),
    ('order:6:return:2:2', 6, 'RETURN', 2, 2,    'DONE'),
    ('order:7:coupon:2',   7, 'COUPON', 2, NULL, 'DONE'),
    ('order:8:stock:2',    8, 'STOCK',  2, 1,    'DONE');

INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
SELECT UNHEX(MD5(CONCAT(id, 'OrderPlaced'))), 'order', id, 'OrderPlaced', '{}' FROM orders;
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
SELECT UNHEX(MD5(CONCAT(id, state))), 'order', id,
       CASE state WHEN 'COMPLETE' THEN 'PaymentCompleted' WHEN 'CANCELLED' THEN 'OrderCancelled' ELSE 'OrderExpired' END, '{}'
FROM orders WHERE state IN ('COMPLETE', 'CANCELLED', 'EXPIRED');
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
SELECT UNHEX(MD5(CONCAT(id, 'PaymentFailed'))), 'order', order_id, 'PaymentFailed', '{}' FROM payment WHERE state = 'FAILED';
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
SELECT UNHEX(MD5(CONCAT(id, 'PaymentRefunded'))), 'order', order_id, 'PaymentRefunded', '{}' FROM refund WHERE state = 'SUCCEEDED';
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
SELECT UNHEX(REPLACE(SUBSTRING(reference, 8), '-', '')), 'point_account', user_id, 'PointsCharged', '{}'
FROM point_history WHERE kind = 'CHARGE';
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, type, payload)
SELECT UNHEX(MD5(CONCAT(id, 'CouponIssued'))), 'coupon', coupon_id, 'CouponIssued', '{}' FROM user_coupon;
)sql";

inline void makeAuditShop(database::Session& session) {
    for (const auto statement : database::splitStatements(kAuditShop))
        session.textExecute(std::string{statement});
}

} // namespace outboxd::testing
