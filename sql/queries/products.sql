-- name: insert_product
INSERT INTO product (name, price) VALUES (?, ?)

-- A JSON array of ids.
-- name: products_by_ids
SELECT p.id, p.name, p.price, p.version,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id),
       p.stock_slots
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN product p ON p.id = wanted.id
ORDER BY p.id

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
