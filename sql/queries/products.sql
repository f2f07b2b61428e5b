-- name: insert_product
INSERT INTO product (name, price) VALUES (?, ?)

-- name: insert_stock
INSERT INTO stock_slot (product_id, slot, quantity) VALUES (?, 0, ?)

-- A JSON array of ids.
-- name: products_by_ids
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id)
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN product p ON p.id = wanted.id
ORDER BY p.id

-- name: take_stock
UPDATE stock_slot SET quantity = quantity - ? WHERE product_id = ? AND slot = 0 AND quantity >= ?

-- name: product_by_id
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id)
FROM product p
WHERE p.id = ?

-- name: products_page
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id)
FROM product p
WHERE p.id > ?
ORDER BY p.id
LIMIT ?
