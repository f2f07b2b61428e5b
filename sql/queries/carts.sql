-- name: lock_cart
SELECT id FROM users WHERE id = ? FOR UPDATE

-- name: cart_quantities
SELECT product_id, quantity FROM cart_item WHERE user_id = ? ORDER BY product_id

-- name: put_item
INSERT INTO cart_item (user_id, product_id, quantity, updated_at) VALUES (?, ?, ?, ?)
ON DUPLICATE KEY UPDATE quantity = ?, updated_at = ?

-- name: remove_item
DELETE FROM cart_item WHERE user_id = ? AND product_id = ?

-- name: clear_cart
DELETE FROM cart_item WHERE user_id = ?

-- name: cart_of_user
SELECT p.id, p.name, p.price, c.quantity,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = p.id)
FROM cart_item c
JOIN product p ON p.id = c.product_id
WHERE c.user_id = ?
ORDER BY p.id
