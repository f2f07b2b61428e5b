-- name: insert_coupon
INSERT INTO coupon (name, kind, discount, most, total, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: coupon_by_id
SELECT id, name, kind, discount, most, total, issued, version, starts_at, ends_at
FROM coupon
WHERE id = ?

-- name: lock_coupon
SELECT id, name, kind, discount, most, total, issued, version, starts_at, ends_at
FROM coupon
WHERE id = ?
FOR UPDATE

-- name: coupons_page
SELECT id, name, kind, discount, most, total, issued, version, starts_at, ends_at
FROM coupon
WHERE id > ?
ORDER BY id
LIMIT ?

-- The caller holds the row's lock.
-- name: raise_issued
UPDATE coupon SET issued = issued + ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) WHERE id = ?

-- A coupon expires by the clock; no job has to mark it.
-- name: held_page
SELECT h.id, h.coupon_id, h.user_id,
       CASE WHEN h.state = 'AVAILABLE' AND c.ends_at <= UTC_TIMESTAMP(6) THEN 'EXPIRED' ELSE h.state END,
       h.reason, h.order_id, h.issued_at, h.used_at, c.name, c.ends_at
FROM user_coupon h
JOIN coupon c ON c.id = h.coupon_id
WHERE h.user_id = ? AND h.id < ?
ORDER BY h.id DESC
LIMIT ?

-- Those that a cache may call sold out.
-- name: sold_out_now
SELECT id, version FROM coupon WHERE ends_at > UTC_TIMESTAMP(6) AND issued = total
