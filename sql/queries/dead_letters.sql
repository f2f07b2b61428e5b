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
