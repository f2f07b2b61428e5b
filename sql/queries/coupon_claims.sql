-- The queue in front of coupons. `asked` is a JSON array of [coupon, user]; reading through it costs one round trip
-- whatever its length.

-- One statement with a commit of its own: a client that is stopped or cut off can never leave it open, so the drain may
-- wait for rows that are being committed. What it reads it reads without locks (READ COMMITTED). IGNORE is for the one
-- who claims the same in this very moment, on this node or another.
-- name: append_claims
INSERT IGNORE INTO coupon_claim (coupon_id, user_id)
SELECT STRAIGHT_JOIN c.id, u.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         place FOR ORDINALITY,
         coupon_id BIGINT PATH '$[0]',
         user_id BIGINT PATH '$[1]')) asked
JOIN coupon c ON c.id = asked.coupon_id
JOIN users u ON u.id = asked.user_id
LEFT JOIN coupon_claim k ON k.coupon_id = asked.coupon_id AND k.user_id = asked.user_id
WHERE k.id IS NULL AND c.issued < c.total AND c.starts_at <= UTC_TIMESTAMP(6) AND c.ends_at > UTC_TIMESTAMP(6)
ORDER BY asked.place

-- name: look_at_claims
SELECT STRAIGHT_JOIN c.id, u.id, c.starts_at, c.starts_at > UTC_TIMESTAMP(6), c.ends_at, c.ends_at <= UTC_TIMESTAMP(6),
       c.issued >= c.total, k.id, k.state, k.created_at, k.decided_at
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         place FOR ORDINALITY,
         coupon_id BIGINT PATH '$[0]',
         user_id BIGINT PATH '$[1]')) asked
LEFT JOIN coupon c ON c.id = asked.coupon_id
LEFT JOIN users u ON u.id = asked.user_id
LEFT JOIN coupon_claim k ON k.coupon_id = asked.coupon_id AND k.user_id = asked.user_id
ORDER BY asked.place

-- name: claim_of_user
SELECT id, coupon_id, user_id, state, created_at, decided_at FROM coupon_claim WHERE coupon_id = ? AND user_id = ?

-- How many wait before this one, counted up to a limit.
-- name: count_ahead
SELECT COUNT(*)
FROM (SELECT 1 FROM coupon_claim WHERE state = 'WAITING' AND coupon_id = ? AND id < ? LIMIT ?) ahead

-- A JSON array of claim ids.
-- name: decided_claims
SELECT STRAIGHT_JOIN k.id, k.coupon_id, k.user_id, k.state, k.created_at, k.decided_at
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) asked
JOIN coupon_claim k ON k.id = asked.id
WHERE k.state <> 'WAITING'

-- name: coupons_with_claims
SELECT coupon_id FROM coupon_claim WHERE state = 'WAITING' GROUP BY coupon_id

-- `id > ?`: the entries of those decided a moment ago are still in the index, and need not be passed again.
-- name: lock_waiting
SELECT id, coupon_id, user_id, state, created_at, decided_at
FROM coupon_claim
WHERE state = 'WAITING' AND coupon_id = ? AND id > ?
ORDER BY id
LIMIT ?
FOR UPDATE

-- A JSON array of claim ids.
-- name: decide_claims
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) asked
STRAIGHT_JOIN coupon_claim k ON k.id = asked.id
SET k.state = ?, k.decided_at = ?
WHERE k.state = 'WAITING'

-- A JSON array of claim ids.
-- name: give_coupons
INSERT INTO user_coupon (coupon_id, user_id, issued_at)
SELECT STRAIGHT_JOIN k.coupon_id, k.user_id, ?
FROM JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY, id BIGINT PATH '$')) asked
JOIN coupon_claim k ON k.id = asked.id
ORDER BY asked.place

-- The users who have a claim, for a cache that is filled again.
-- name: claimants_page
SELECT user_id FROM coupon_claim WHERE coupon_id = ? AND user_id > ? ORDER BY user_id LIMIT ?
