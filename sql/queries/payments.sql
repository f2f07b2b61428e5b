-- name: insert_payment
INSERT INTO payment (order_id, user_id, method, merchant, amount, currency, reference, state, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The distance of the ids that one INSERT of several rows gives them; more than 1 on some clusters.
-- name: id_step
SELECT @@auto_increment_increment

-- name: payment_by_id
SELECT id, method, state, amount, order_id, user_id, merchant, currency, reference, created_at, refunded, reason
FROM payment
WHERE id = ?
