-- name: insert_order
INSERT INTO orders (user_id, state, total, discount, coupon_id, expires_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- A JSON array of [product, quantity, unit price]: one round trip whatever their number.
-- name: insert_lines
INSERT INTO order_line (order_id, line, product_id, quantity, unit_price)
SELECT ?, l.line, l.product_id, l.quantity, l.unit_price
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         line FOR ORDINALITY,
         product_id BIGINT PATH '$[0]',
         quantity BIGINT PATH '$[1]',
         unit_price BIGINT PATH '$[2]')) l

-- name: order_by_id
SELECT id, user_id, state, total, discount, coupon_id, created_at, expires_at, completed_at, cancel_requested
FROM orders
WHERE id = ?

-- name: lock_order
SELECT id, user_id, state, total, discount, coupon_id, created_at, expires_at, completed_at, cancel_requested
FROM orders
WHERE id = ?
FOR UPDATE

-- name: lines_of_order
SELECT product_id, quantity, unit_price FROM order_line WHERE order_id = ? ORDER BY line

-- name: move_order
UPDATE orders SET state = ?, completed_at = COALESCE(?, completed_at), updated_at = UTC_TIMESTAMP(6)
WHERE id = ? AND state = ?

-- Whoever has it locked pays or cancels it; the next round sees what came of it.
-- name: lock_order_if_free
SELECT id, user_id, state, total, discount, coupon_id, created_at, expires_at, completed_at, cancel_requested
FROM orders
WHERE id = ?
FOR UPDATE SKIP LOCKED

-- name: overdue_orders
SELECT id FROM orders WHERE state = 'WAITING' AND expires_at <= ? ORDER BY expires_at LIMIT ?

-- name: request_cancel
UPDATE orders SET cancel_requested = TRUE, updated_at = UTC_TIMESTAMP(6) WHERE id = ? AND state = 'PAYING'

-- name: orders_of_user
SELECT id, user_id, state, total, discount, coupon_id, created_at, expires_at, completed_at, cancel_requested
FROM orders
WHERE user_id = ? AND id < ?
ORDER BY id DESC
LIMIT ?

-- name: orders_of_user_in_state
SELECT id, user_id, state, total, discount, coupon_id, created_at, expires_at, completed_at, cancel_requested
FROM orders
WHERE user_id = ? AND id < ? AND state = ?
ORDER BY id DESC
LIMIT ?

-- A JSON array of ids.
-- name: lines_of_orders
SELECT l.order_id, l.product_id, l.quantity, l.unit_price
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN order_line l ON l.order_id = wanted.id
ORDER BY l.order_id, l.line
