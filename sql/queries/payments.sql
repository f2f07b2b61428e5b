-- name: insert_payment
INSERT INTO payment (order_id, user_id, method, merchant, amount, currency, reference, state, gateway_key,
                     next_inquiry_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The distance of the ids that one INSERT of several rows gives them; more than 1 on some clusters.
-- name: id_step
SELECT @@auto_increment_increment

-- name: payment_by_id
SELECT id, method, state, amount, order_id, user_id, merchant, currency, reference, created_at, refunded, reason,
       gateway_key, next_inquiry_at, inquiries
FROM payment
WHERE id = ?

-- name: lock_payment
SELECT id, method, state, amount, order_id, user_id, merchant, currency, reference, created_at, refunded, reason,
       gateway_key, next_inquiry_at, inquiries
FROM payment
WHERE id = ?
FOR UPDATE

-- name: payment_by_gateway_key
SELECT id FROM payment WHERE gateway_key = ?

-- settled_at is the first answer that was final.
-- name: move_payment
UPDATE payment
SET state = ?, reason = ?, next_inquiry_at = ?, settled_at = COALESCE(settled_at, ?), updated_at = UTC_TIMESTAMP(6)
WHERE id = ? AND state = ?

-- name: inquire_again
UPDATE payment SET inquiries = inquiries + 1, next_inquiry_at = ? WHERE id = ?

-- Payments without an answer are few, and the index holds them together.
-- name: due_payments
SELECT id FROM payment
WHERE state IN ('PENDING', 'UNKNOWN') AND next_inquiry_at <= ?
ORDER BY next_inquiry_at
LIMIT ?

-- name: reserve_refund
UPDATE payment SET refunded = refunded + ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ? AND amount - refunded >= ?

-- name: take_back_reservation
UPDATE payment SET refunded = refunded - ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ?

-- The first to bring a callback inserts it; its twins wait for that and find it there.
-- name: insert_callback
INSERT INTO gateway_callback (callback_id, gateway_key, outcome) VALUES (?, ?, ?)
