-- What operators see of dead letters and order of them. A filter's places are those of `letters`, in their order.

-- name: letters
SELECT l.id, l.handler, l.state, l.topic, l.topic_partition, l.record_offset, LEFT(l.record_key, 301), l.event_id,
       LEFT(l.type, 301), l.error, l.fingerprint, l.attempts, l.next_attempt_at, l.first_at, l.last_at
FROM dead_letter l
WHERE l.id > ? AND (? IS NULL OR l.handler = ?) AND (? IS NULL OR l.state = ?) AND (? IS NULL OR l.topic = ?)
  AND (? IS NULL OR l.type = ?) AND (? IS NULL OR l.key_digest = ?) AND (? IS NULL OR l.fingerprint = ?)
  AND (? IS NULL OR LOCATE(?, l.error) > 0) AND (? IS NULL OR l.first_at >= ?)
ORDER BY l.id
LIMIT ?

-- Letters with one cause, by their newest one.
-- name: groups
SELECT g.handler, g.fingerprint, g.letters, g.held, g.first_at, g.last_at, g.newest, l.error, l.topic, LEFT(l.type, 301)
FROM (SELECT l.handler, l.fingerprint, COUNT(*) AS letters, SUM(l.state = 'HELD') AS held, MIN(l.first_at) AS first_at,
             MAX(l.last_at) AS last_at, MAX(l.id) AS newest
      FROM dead_letter l
      WHERE l.fingerprint IS NOT NULL AND (? IS NULL OR l.handler = ?) AND (? IS NULL OR l.state = ?)
        AND (? IS NULL OR l.topic = ?) AND (? IS NULL OR l.type = ?) AND (? IS NULL OR l.key_digest = ?)
        AND (? IS NULL OR l.fingerprint = ?) AND (? IS NULL OR LOCATE(?, l.error) > 0) AND (? IS NULL OR l.first_at >= ?)
      GROUP BY l.handler, l.fingerprint
      ORDER BY letters DESC, newest DESC
      LIMIT ?) g
JOIN dead_letter l ON l.id = g.newest
ORDER BY g.letters DESC, g.newest DESC

-- name: letter
SELECT l.id, l.handler, l.state, l.topic, l.topic_partition, l.record_offset, LEFT(l.record_key, ?), l.event_id,
       LEFT(l.type, 301), l.error, l.fingerprint, l.attempts, l.next_attempt_at, l.first_at, l.last_at,
       l.retries, l.sequence, IF(OCTET_LENGTH(l.headers) <= ?, l.headers, NULL), OCTET_LENGTH(l.payload),
       LEFT(l.payload, ?), OCTET_LENGTH(l.record_key),
       (SELECT COUNT(*) FROM dead_letter b
        WHERE b.handler = l.handler AND b.key_digest = l.key_digest AND b.id > l.id AND b.state = 'PARKED')
FROM dead_letter l
WHERE l.id = ?

-- name: newest
SELECT COALESCE(MAX(id), 0) FROM dead_letter

-- name: count_letters
SELECT COUNT(*), COALESCE(SUM(l.state = 'PARKED'), 0)
FROM dead_letter l
WHERE l.id > ? AND l.id <= ? AND (? IS NULL OR l.handler = ?) AND (? IS NULL OR l.state = ?)
  AND (? IS NULL OR l.topic = ?) AND (? IS NULL OR l.type = ?) AND (? IS NULL OR l.key_digest = ?)
  AND (? IS NULL OR l.fingerprint = ?) AND (? IS NULL OR LOCATE(?, l.error) > 0) AND (? IS NULL OR l.first_at >= ?)

-- name: page_of_ids
SELECT l.id
FROM dead_letter l
WHERE l.id > ? AND l.id <= ? AND (? IS NULL OR l.handler = ?) AND (? IS NULL OR l.state = ?)
  AND (? IS NULL OR l.topic = ?) AND (? IS NULL OR l.type = ?) AND (? IS NULL OR l.key_digest = ?)
  AND (? IS NULL OR l.fingerprint = ?) AND (? IS NULL OR LOCATE(?, l.error) > 0) AND (? IS NULL OR l.first_at >= ?)
ORDER BY l.id
LIMIT ?

-- A JSON array of ids.
-- name: keys_of_letters
SELECT DISTINCT l.handler, l.key_digest
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN dead_letter l ON l.id = wanted.id

-- Of those ids the ones that the filter still finds, now that their keys are locked.
-- name: lock_letters
SELECT l.id, l.state, l.event_id, l.topic, l.topic_partition, l.record_offset
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN dead_letter l ON l.id = wanted.id
WHERE (? IS NULL OR l.handler = ?) AND (? IS NULL OR l.state = ?) AND (? IS NULL OR l.topic = ?)
  AND (? IS NULL OR l.type = ?) AND (? IS NULL OR l.key_digest = ?) AND (? IS NULL OR l.fingerprint = ?)
  AND (? IS NULL OR LOCATE(?, l.error) > 0) AND (? IS NULL OR l.first_at >= ?)
ORDER BY l.id
FOR UPDATE

-- name: retry_letters
UPDATE dead_letter SET state = 'RETRY', retries = 0, next_attempt_at = UTC_TIMESTAMP(6)
WHERE state <> 'PARKED' AND id IN (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted)

-- name: remove_letters
DELETE FROM dead_letter WHERE id IN (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted)

-- For the metrics.
-- name: figures
SELECT handler, state, COUNT(*), TIMESTAMPDIFF(MICROSECOND, MIN(first_at), UTC_TIMESTAMP(6))
FROM dead_letter
GROUP BY handler, state
