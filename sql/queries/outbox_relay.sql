-- The relay's statements. They are sent as text with literals in the places of `?` (batches are faster so, see
-- scheduler/mysql/batch_text.hpp); a `?` in IN () stands for a list.

-- name: probe
-- A loose index scan: one look per lane, however long the queue is.
SELECT lane, MIN(id), MAX(id) FROM outbox_queue GROUP BY lane

-- name: read_after
-- Poll A, fenced by the lane's lock.
SELECT q.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, e.payload, e.headers, e.created_at,
       (SELECT MAX(h.state = 'PAUSED') FROM outbox_held h WHERE h.lane = q.lane AND h.order_key = e.order_key AND h.id < q.id)
FROM shedlock s
STRAIGHT_JOIN outbox_queue q
LEFT JOIN outbox_event e ON e.id = q.id
WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id > ?
ORDER BY q.id
LIMIT ?

-- name: read_known
-- Poll B, first half: what stands in the queue at or below the cursor, as far as it is needed.
SELECT q.id
FROM shedlock s
STRAIGHT_JOIN outbox_queue q
WHERE s.name = ? AND s.locked_by = ? AND s.lock_until > UTC_TIMESTAMP(3) AND q.lane = ? AND q.id <= ?
ORDER BY q.id
LIMIT ?

-- name: read_late
-- Poll B, second half: the rows among them that were not known.
SELECT q.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, e.payload, e.headers, e.created_at,
       (SELECT MAX(h.state = 'PAUSED') FROM outbox_held h WHERE h.lane = q.lane AND h.order_key = e.order_key AND h.id < q.id)
FROM outbox_queue q
LEFT JOIN outbox_event e ON e.id = q.id
WHERE q.lane = ? AND q.id IN (?)
ORDER BY q.id

-- name: settle
DELETE FROM outbox_queue WHERE lane = ? AND id IN (?)

-- name: hold
INSERT INTO outbox_held (id, lane, order_key, state, attempts, error)
VALUES (?, ?, ?, ?, 1, ?)
ON DUPLICATE KEY UPDATE state = VALUES(state), attempts = attempts + 1, error = VALUES(error)

-- name: pending
SELECT COUNT(*), COALESCE(TIMESTAMPDIFF(MICROSECOND, (SELECT created_at FROM outbox_event WHERE id = MIN(q.id)),
                                        UTC_TIMESTAMP(6)), 0)
FROM outbox_queue q

-- name: held
SELECT COALESCE(SUM(state = 'FAILED'), 0), COALESCE(SUM(state = 'PARKED'), 0) FROM outbox_held
