-- What listeners did not manage. Letters of a key are changed while the key's row is locked; see
-- scheduler/mysql/dead_letters.hpp.

-- name: has_blocked_keys
SELECT 1 FROM dead_letter_key WHERE handler = ? LIMIT 1

-- A JSON array of digests as hexadecimal digits.
-- name: blocked_keys
SELECT k.key_digest
FROM JSON_TABLE(?, '$[*]' COLUMNS (digest CHAR(64) PATH '$')) wanted
JOIN dead_letter_key k ON k.handler = ? AND k.key_digest = UNHEX(wanted.digest)

-- name: lock_key
SELECT 1 FROM dead_letter_key WHERE handler = ? AND key_digest = ? FOR UPDATE

-- What is blocked already is locked all the same.
-- name: block_keys
INSERT INTO dead_letter_key (handler, key_digest)
VALUES (?, ?)
ON DUPLICATE KEY UPDATE since = since

-- name: keys_with_letters
SELECT UNHEX(wanted.digest)
FROM JSON_TABLE(?, '$[*]' COLUMNS (digest CHAR(64) PATH '$')) wanted
WHERE EXISTS (SELECT 1 FROM dead_letter l WHERE l.handler = ? AND l.key_digest = UNHEX(wanted.digest))

-- UTC_TIMESTAMP without its brackets, since many rows go in at once, and the last pair of brackets is one row.
-- name: add_letters
INSERT INTO dead_letter (handler, identity, topic, topic_partition, record_offset, record_key, key_digest, event_id,
                         sequence, type, headers, payload, state, error, fingerprint, attempts, next_attempt_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP + INTERVAL ? MICROSECOND)
ON DUPLICATE KEY UPDATE attempts = dead_letter.attempts

-- name: listeners
SELECT DISTINCT handler FROM dead_letter

-- name: due
SELECT id FROM dead_letter
WHERE handler = ? AND state = 'RETRY' AND next_attempt_at <= UTC_TIMESTAMP(6)
ORDER BY next_attempt_at, id
LIMIT ?

-- name: due_letter
SELECT attempts, retries, topic, topic_partition, record_offset, record_key, event_id, sequence, type, headers, payload
FROM dead_letter
WHERE id = ? AND state = 'RETRY' AND next_attempt_at <= UTC_TIMESTAMP(6)

-- name: key_of_letter
SELECT handler, key_digest FROM dead_letter WHERE id = ?

-- name: remove
DELETE FROM dead_letter WHERE id = ?

-- name: first_of_key
SELECT id, state FROM dead_letter WHERE handler = ? AND key_digest = ? ORDER BY id LIMIT 1

-- name: parked_is_due
UPDATE dead_letter SET state = 'RETRY', next_attempt_at = UTC_TIMESTAMP(6) WHERE id = ? AND state = 'PARKED'

-- name: free_key
DELETE FROM dead_letter_key WHERE handler = ? AND key_digest = ?

-- name: failed_again
UPDATE dead_letter
SET attempts = attempts + 1, retries = retries + 1, last_at = UTC_TIMESTAMP(6), error = ?, fingerprint = ?, state = ?,
    next_attempt_at = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))
WHERE id = ? AND state = 'RETRY' AND attempts = ?

-- name: postpone
UPDATE dead_letter SET next_attempt_at = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))
WHERE id = ? AND state = 'RETRY' AND attempts = ?

-- Keys whose first letter is parked, or that have none.
-- name: headless_keys
SELECT k.handler, k.key_digest
FROM dead_letter_key k
WHERE NOT EXISTS (SELECT 1 FROM dead_letter l
                  WHERE l.handler = k.handler AND l.key_digest = k.key_digest AND l.state <> 'PARKED')
ORDER BY k.handler, k.key_digest
LIMIT ?
