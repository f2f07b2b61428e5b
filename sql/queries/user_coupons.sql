-- name: lock_user_coupon
SELECT id, coupon_id, user_id, state, reason, order_id, issued_at, used_at
FROM user_coupon
WHERE coupon_id = ? AND user_id = ?
FOR UPDATE

-- name: use_coupon
UPDATE user_coupon SET state = 'USED', order_id = ?, used_at = ? WHERE id = ? AND state = 'AVAILABLE'

-- name: give_coupon_back
UPDATE user_coupon SET state = 'AVAILABLE', order_id = NULL, used_at = NULL
WHERE id = ? AND state = 'USED' AND order_id = ?
