-- Never waits: a request that is under way holds the row, and its twin is told so at once.
-- name: lock_key
SELECT request_hash, state, status, body, expires_at, payment_id, refund_id
FROM idempotency_key
WHERE scope = ? AND idempotency_key = ?
FOR UPDATE NOWAIT

-- For a batch, as text: the group stands for a list of keys.
-- name: lock_keys
SELECT scope, idempotency_key, request_hash, state, status, body, expires_at, payment_id, refund_id
FROM idempotency_key
WHERE (scope, idempotency_key) IN ((?, ?))
FOR UPDATE NOWAIT

-- For a batch: whole records at once.
-- name: insert_answers
INSERT INTO idempotency_key (scope, idempotency_key, request_hash, state, status, body, expires_at)
VALUES (?, ?, ?, 'DONE', ?, ?, ?)

-- name: insert_key
INSERT INTO idempotency_key (scope, idempotency_key, request_hash, state, expires_at)
VALUES (?, ?, ?, 'IN_PROGRESS', ?)

-- name: replace_key
UPDATE idempotency_key
SET request_hash = ?, state = 'IN_PROGRESS', status = NULL, body = NULL, payment_id = NULL, refund_id = NULL,
    created_at = UTC_TIMESTAMP(6), expires_at = ?
WHERE scope = ? AND idempotency_key = ?

-- name: complete_key
UPDATE idempotency_key SET state = 'DONE', status = ?, body = ? WHERE scope = ? AND idempotency_key = ?

-- name: leave_key_to
UPDATE idempotency_key SET payment_id = ?, refund_id = ? WHERE scope = ? AND idempotency_key = ?

-- name: remove_expired
DELETE FROM idempotency_key WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?
