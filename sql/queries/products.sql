-- name: insert_product
INSERT INTO product (name, price) VALUES (?, ?)

-- name: insert_stock
INSERT INTO stock_slot (product_id, slot, quantity) VALUES (?, 0, ?)

-- A JSON array of ids.
-- name: products_by_ids
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id),
       p.stock_slots
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN product p ON p.id = wanted.id
ORDER BY p.id

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

-- name: product_by_id
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id),
       p.stock_slots
FROM product p
WHERE p.id = ?

-- name: products_page
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id),
       p.stock_slots
FROM product p
WHERE p.id > ?
ORDER BY p.id
LIMIT ?
