-- name: insert_refund
INSERT INTO refund (payment_id, order_id, amount, state, origin, reason, gateway_key, next_attempt_at,
                    created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- A JSON array of [product, quantity]: one round trip whatever their number.
-- name: insert_refund_lines
INSERT INTO refund_line (refund_id, product_id, quantity)
SELECT ?, l.product_id, l.quantity
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         product_id BIGINT PATH '$[0]',
         quantity BIGINT PATH '$[1]')) l

-- name: refund_by_id
SELECT r.id, r.payment_id, r.order_id, p.user_id, r.amount, r.state, r.origin, r.reason, r.failure, r.gateway_key,
       r.attempts, r.next_attempt_at, r.created_at, p.gateway_key
FROM refund r JOIN payment p ON p.id = r.payment_id
WHERE r.id = ?

-- The payment is locked by then, so what is read of it is right.
-- name: lock_refund
SELECT id FROM refund WHERE id = ? FOR UPDATE

-- name: lines_of_refund
SELECT product_id, quantity FROM refund_line WHERE refund_id = ? ORDER BY product_id

-- name: refund_by_gateway_key
SELECT id FROM refund WHERE gateway_key = ?

-- name: move_refund
UPDATE refund SET state = ?, failure = ?, next_attempt_at = ?, updated_at = UTC_TIMESTAMP(6)
WHERE id = ? AND state = ?

-- name: attempt_again
UPDATE refund SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ?

-- name: due_refunds
SELECT id FROM refund
WHERE state IN ('PENDING', 'UNKNOWN') AND next_attempt_at <= ?
ORDER BY next_attempt_at
LIMIT ?

-- What of a payment's goods came back or is on its way.
-- name: returned_goods
SELECT l.product_id, CAST(SUM(l.quantity) AS SIGNED)
FROM refund r JOIN refund_line l ON l.refund_id = r.id
WHERE r.payment_id = ? AND r.state <> 'FAILED'
GROUP BY l.product_id
ORDER BY l.product_id

-- name: compensation_of_payment
SELECT 1 FROM refund WHERE payment_id = ? AND origin = 'COMPENSATION' LIMIT 1

-- name: refunded_for_good
SELECT CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM refund WHERE payment_id = ? AND state = 'SUCCEEDED'

-- name: refunds_page
SELECT r.id, r.payment_id, r.order_id, p.user_id, r.amount, r.state, r.origin, r.reason, r.failure, r.gateway_key,
       r.attempts, r.next_attempt_at, r.created_at, p.gateway_key
FROM refund r JOIN payment p ON p.id = r.payment_id
WHERE r.payment_id = ? AND r.id > ?
ORDER BY r.id
LIMIT ?
