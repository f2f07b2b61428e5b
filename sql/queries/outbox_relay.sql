-- The relay's statements. They are sent as text with literals in the places of `?` (batches are faster so, see
-- scheduler/mysql/batch_text.hpp); a `?` in IN () stands for a list.

-- name: probe_short
-- All of a short queue; of a long one only the beginning, and probe_long tells the rest.
SELECT lane, id FROM outbox_queue ORDER BY lane, id LIMIT ?

-- name: probe_long
-- A loose index scan: one look per lane, however long the queue is.
SELECT lane, MIN(id), MAX(id) FROM outbox_queue GROUP BY lane

-- name: read_counted
-- Both polls in one snapshot, fenced by the lane's lock: B, how many rows stand at or below the cursor, then A, the rows
-- after it. Whether a row's key is held is looked up only if the lane holds anything at all.
SELECT 0, COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM shedlock s
STRAIGHT_JOIN outbox_queue q
WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id <= ?
UNION ALL
(SELECT 1, q.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, e.payload, e.headers, e.created_at,
        CASE WHEN EXISTS (SELECT 1 FROM outbox_held h0 WHERE h0.lane = ?)
             THEN (SELECT MAX(h.state <> 'FAILED') FROM outbox_held h
                   WHERE h.lane = q.lane AND h.order_key = e.order_key AND h.id < q.id) END
 FROM shedlock s
 STRAIGHT_JOIN outbox_queue q
 LEFT JOIN outbox_event e ON e.id = q.id
 WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id > ?
 ORDER BY q.id
 LIMIT ?)

-- name: read_listed
-- The same where a count proves nothing: B, the rows at or below the cursor, as far as they are needed.
(SELECT 0, q.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
 FROM shedlock s
 STRAIGHT_JOIN outbox_queue q
 WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id <= ?
 ORDER BY q.id
 LIMIT ?)
UNION ALL
(SELECT 1, q.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, e.payload, e.headers, e.created_at,
        CASE WHEN EXISTS (SELECT 1 FROM outbox_held h0 WHERE h0.lane = ?)
             THEN (SELECT MAX(h.state <> 'FAILED') FROM outbox_held h
                   WHERE h.lane = q.lane AND h.order_key = e.order_key AND h.id < q.id) END
 FROM shedlock s
 STRAIGHT_JOIN outbox_queue q
 LEFT JOIN outbox_event e ON e.id = q.id
 WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id > ?
 ORDER BY q.id
 LIMIT ?)

-- name: read_known
-- After a count that does not fit: what stands in the queue at or below the cursor, as far as it is needed.
SELECT q.id
FROM shedlock s
STRAIGHT_JOIN outbox_queue q
WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id <= ?
ORDER BY q.id
LIMIT ?

-- name: read_late
-- Those of poll B that were not known.
SELECT 1, q.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, e.payload, e.headers, e.created_at,
       (SELECT MAX(h.state <> 'FAILED') FROM outbox_held h
        WHERE h.lane = q.lane AND h.order_key = e.order_key AND h.id < q.id)
FROM outbox_queue q
LEFT JOIN outbox_event e ON e.id = q.id
WHERE q.lane = ? AND q.id IN (?)
ORDER BY q.id

-- name: settle
-- A mark in one statement. The lock's row stays as it is until the commit, so nobody takes the lane in between. Joined,
-- because for `id IN (..)` the optimizer may scan the whole lane or table, and then waits for rows that others write.
DELETE q
FROM JSON_TABLE('[?]', '$[*]' COLUMNS (id BIGINT PATH '$')) settled
STRAIGHT_JOIN outbox_queue q ON q.lane = ? AND q.id = settled.id
WHERE EXISTS (SELECT 1 FROM shedlock WHERE name = ? AND locked_by = ? AND lock_until > UTC_TIMESTAMP(3) LOCK IN SHARE MODE)

-- name: settle_range
-- The same for all that stands between two rows, at a third of the cost; the caller compares the count and rolls back if more
-- was there. It does not wait for rows that are not committed (MariaDB; elsewhere as long as for any lock).
/*M! SET STATEMENT innodb_lock_wait_timeout=0 FOR */
DELETE FROM outbox_queue
WHERE lane = ? AND id BETWEEN ? AND ?
  AND EXISTS (SELECT 1 FROM shedlock WHERE name = ? AND locked_by = ? AND lock_until > UTC_TIMESTAMP(3) LOCK IN SHARE MODE)

-- name: hold
INSERT INTO outbox_held (id, lane, order_key, state, attempts, error)
VALUES (?, ?, ?, ?, 1, ?)
ON DUPLICATE KEY UPDATE state = VALUES(state), attempts = attempts + 1, error = VALUES(error)

-- name: has_head
-- The lock waits for a command that is about to commit, and whose outcome the owner never learnt.
SELECT 1 FROM outbox_held
WHERE lane = ? AND order_key = ? AND state IN ('FAILED', 'PAUSED') LIMIT 1 LOCK IN SHARE MODE

-- name: return_headless
-- A redrive that is not done yet ends with a look at what was parked meanwhile. Order 0: the relay's own.
INSERT INTO outbox_command (order_id, lane, kind, order_key)
SELECT 0, ?, 'REDRIVE', ? FROM (SELECT 1) one
WHERE NOT EXISTS (SELECT 1 FROM outbox_command
                  WHERE state = 'PENDING' AND lane = ? AND kind = 'REDRIVE' AND order_key = ? LOCK IN SHARE MODE)

-- name: blocked
SELECT DISTINCT lane FROM outbox_held WHERE state = 'FAILED'

-- name: pending
SELECT q.lane, q.pending, COALESCE(TIMESTAMPDIFF(MICROSECOND, e.created_at, UTC_TIMESTAMP(6)), 0)
FROM (SELECT lane, COUNT(*) AS pending, MIN(id) AS oldest FROM outbox_queue GROUP BY lane) q
LEFT JOIN outbox_event e ON e.id = q.oldest

-- name: held
SELECT COALESCE(SUM(state = 'FAILED'), 0), COALESCE(SUM(state = 'PARKED'), 0) FROM outbox_held
