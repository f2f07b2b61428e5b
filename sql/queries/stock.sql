-- name: insert_first_slot
INSERT INTO stock_slot (product_id, slot, quantity) VALUES (?, 0, ?)

-- name: take_from_slot
UPDATE stock_slot SET quantity = quantity - ? WHERE product_id = ? AND slot = ? AND quantity >= ?

-- Slots with too little are passed over without waiting for those who hold them.
-- name: take_from_any_slot
UPDATE stock_slot SET quantity = quantity - ? WHERE product_id = ? AND quantity >= ? ORDER BY slot LIMIT 1

-- name: lock_slots
SELECT slot, quantity FROM stock_slot WHERE product_id = ? ORDER BY slot FOR UPDATE

-- A JSON array of ids.
-- name: slots_of_products
SELECT p.id, p.stock_slots
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN product p ON p.id = wanted.id

-- A JSON array of [product, slot, signed quantity]. The rows are locked in its order.
-- name: change_slots
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
           product_id BIGINT PATH '$[0]',
           slot SMALLINT PATH '$[1]',
           quantity BIGINT PATH '$[2]')) c
STRAIGHT_JOIN stock_slot s ON s.product_id = c.product_id AND s.slot = c.slot
SET s.quantity = s.quantity + c.quantity

-- name: set_slots
UPDATE product SET stock_slots = ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ?

-- A JSON array of [slot, quantity]; the product's slots are locked.
-- name: put_slots
INSERT INTO stock_slot (product_id, slot, quantity)
SELECT ?, n.slot, n.quantity
FROM JSON_TABLE(?, '$[*]' COLUMNS (slot SMALLINT PATH '$[0]', quantity BIGINT PATH '$[1]')) n
ON DUPLICATE KEY UPDATE quantity = n.quantity

-- name: remove_slots
DELETE FROM stock_slot WHERE product_id = ? AND slot >= ?

-- name: insert_adjustment
INSERT INTO stock_adjustment (product_id, quantity, reason, made_by, created_at) VALUES (?, ?, ?, ?, ?)

-- name: adjustments_page
SELECT id, product_id, quantity, reason, made_by, created_at
FROM stock_adjustment
WHERE product_id = ? AND id < ?
ORDER BY id DESC
LIMIT ?
