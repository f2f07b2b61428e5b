-- name: insert_payment
INSERT INTO payment (order_id, user_id, method, merchant, amount, currency, reference, state, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: payment_by_id
SELECT id, method, state, amount, order_id, user_id, merchant, currency, reference, created_at, refunded, reason
FROM payment
WHERE id = ?
