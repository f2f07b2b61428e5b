-- name: insert_coupon
INSERT INTO coupon (name, kind, discount, most, total, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: coupon_by_id
SELECT id, name, kind, discount, most, total, issued, version, starts_at, ends_at
FROM coupon
WHERE id = ?
