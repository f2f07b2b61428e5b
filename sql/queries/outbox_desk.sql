-- What operators see of the outbox, and what their orders become. The owners of the lanes execute the commands.

-- name: lanes
SELECT q.lane, q.pending, TIMESTAMPDIFF(MICROSECOND, e.created_at, UTC_TIMESTAMP(6))
FROM (SELECT lane, COUNT(*) AS pending, MIN(id) AS oldest FROM outbox_queue GROUP BY lane) q
LEFT JOIN outbox_event e ON e.id = q.oldest

-- name: held_by_lane
SELECT lane, COALESCE(SUM(state = 'FAILED'), 0), COALESCE(SUM(state = 'PARKED'), 0), COALESCE(SUM(state = 'PAUSED'), 0),
       COUNT(DISTINCT order_key)
FROM outbox_held GROUP BY lane

-- name: lane_owners
SELECT name, locked_by, lock_until FROM shedlock WHERE name LIKE 'outbox-lane-%' AND lock_until > UTC_TIMESTAMP(3)

-- name: lane_crashes
SELECT lane, crashes FROM outbox_lane WHERE crashes > 0

-- name: kinds
SELECT e.aggregate_type, e.type, COUNT(*), TIMESTAMPDIFF(MICROSECOND, MIN(e.created_at), UTC_TIMESTAMP(6))
FROM (SELECT id FROM outbox_queue LIMIT ?) q
JOIN outbox_event e ON e.id = q.id
GROUP BY e.aggregate_type, e.type
ORDER BY 3 DESC
LIMIT 200

-- name: blocked
SELECT h.id, h.lane, h.order_key, h.state, h.attempts, h.error, h.since, e.aggregate_type, e.type
FROM (SELECT MIN(id) AS id FROM outbox_held GROUP BY lane, order_key) head
JOIN outbox_held h ON h.id = head.id
LEFT JOIN outbox_event e ON e.id = h.id
WHERE h.id > ? AND (? IS NULL OR h.order_key = ?) AND (? IS NULL OR e.type = ?)
  AND (? IS NULL OR e.aggregate_type = ?) AND (? IS NULL OR LOCATE(?, h.error) > 0) AND (? IS NULL OR h.since >= ?)
ORDER BY h.id
LIMIT ?

-- name: behind
SELECT COUNT(*) FROM outbox_held WHERE lane = ? AND order_key = ? AND id > ?

-- name: event
SELECT e.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, CRC32(e.order_key) & 15,
       CASE WHEN q.id IS NOT NULL THEN 'PENDING' WHEN h.id IS NOT NULL THEN h.state ELSE 'SENT' END,
       e.created_at, OCTET_LENGTH(e.payload), e.headers, COALESCE(h.attempts, 0), h.error, h.since
FROM outbox_event e
LEFT JOIN outbox_queue q ON q.lane = (CRC32(e.order_key) & 15) AND q.id = e.id
LEFT JOIN outbox_held h ON h.id = e.id
WHERE e.id = ?

-- Alive and relaying: silent for 5 s at most, by the database's clock.
-- name: nodes
SELECT name, roles, version, started_at, heartbeat, heartbeat > TIMESTAMPADD(SECOND, -5, UTC_TIMESTAMP(6)),
       COALESCE(relay_at > TIMESTAMPADD(SECOND, -5, UTC_TIMESTAMP(6)), 0)
FROM node ORDER BY name LIMIT 1000

-- name: leases
SELECT name, locked_by, locked_at, lock_until, lock_until > UTC_TIMESTAMP(3) FROM shedlock ORDER BY name LIMIT 1000

-- name: audit
SELECT id, at, actor, action, subject, COALESCE(IF(JSON_VALID(detail), detail, JSON_QUOTE(detail)), '{}'), steps
FROM audit_log WHERE (? IS NULL OR action = ?) AND id < ? ORDER BY id DESC LIMIT ?

-- name: audit_entry
SELECT id, at, actor, action, subject, COALESCE(IF(JSON_VALID(detail), detail, JSON_QUOTE(detail)), '{}'), steps FROM audit_log WHERE id = ?

-- name: progress
SELECT COALESCE(SUM(state = 'DONE'), 0), COALESCE(SUM(state = 'PENDING'), 0), COALESCE(SUM(affected), 0),
       MIN(CASE WHEN state = 'PENDING' THEN not_before END)
FROM outbox_command WHERE order_id = ?

-- name: add_audit
INSERT INTO audit_log (actor, action, subject, detail, steps) VALUES (?, ?, ?, ?, 0)

-- name: set_steps
UPDATE audit_log SET steps = ? WHERE id = ?

-- Keys and events that a filter of the heads finds.
-- name: count_keys
SELECT COUNT(*), COALESCE(SUM(k.held), 0)
FROM (SELECT MIN(id) AS head, COUNT(*) AS held FROM outbox_held GROUP BY lane, order_key) k
JOIN outbox_held h ON h.id = k.head
LEFT JOIN outbox_event e ON e.id = h.id
WHERE (? IS NULL OR h.order_key = ?) AND (? IS NULL OR e.type = ?)
  AND (? IS NULL OR e.aggregate_type = ?) AND (? IS NULL OR LOCATE(?, h.error) > 0) AND (? IS NULL OR h.since >= ?)

-- A JSON array of ids: keys and events of the keys that they belong to.
-- name: count_keys_of_ids
SELECT COUNT(DISTINCT x.lane, x.order_key), COUNT(DISTINCT x.id)
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
JOIN outbox_held h ON h.id = wanted.id
JOIN outbox_held x ON x.lane = h.lane AND x.order_key = h.order_key

-- name: held_ids
SELECT h.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted JOIN outbox_held h ON h.id = wanted.id

-- name: redrive_keys
INSERT INTO outbox_command (order_id, lane, kind, order_key, not_before)
SELECT ?, h.lane, 'REDRIVE', h.order_key,
       TIMESTAMPADD(MICROSECOND, ? * (ROW_NUMBER() OVER (ORDER BY h.id) - 1), UTC_TIMESTAMP(6))
FROM (SELECT MIN(id) AS head FROM outbox_held GROUP BY lane, order_key) k
JOIN outbox_held h ON h.id = k.head
LEFT JOIN outbox_event e ON e.id = h.id
WHERE (? IS NULL OR h.order_key = ?) AND (? IS NULL OR e.type = ?)
  AND (? IS NULL OR e.aggregate_type = ?) AND (? IS NULL OR LOCATE(?, h.error) > 0) AND (? IS NULL OR h.since >= ?)

-- name: redrive_keys_of_ids
INSERT INTO outbox_command (order_id, lane, kind, order_key, not_before)
SELECT ?, k.lane, 'REDRIVE', k.order_key,
       TIMESTAMPADD(MICROSECOND, ? * (ROW_NUMBER() OVER (ORDER BY k.first) - 1), UTC_TIMESTAMP(6))
FROM (SELECT h.lane, h.order_key, MIN(h.id) AS first
      FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
      JOIN outbox_held h ON h.id = wanted.id
      GROUP BY h.lane, h.order_key) k

-- The heads, or all that is held of their keys.
-- name: discard_keys
INSERT INTO outbox_command (order_id, lane, kind, order_key, event, up_to, not_before)
SELECT ?, h.lane, 'DISCARD', h.order_key, k.head, IF(?, k.tail, k.head),
       TIMESTAMPADD(MICROSECOND, ? * (ROW_NUMBER() OVER (ORDER BY h.id) - 1), UTC_TIMESTAMP(6))
FROM (SELECT MIN(id) AS head, MAX(id) AS tail FROM outbox_held GROUP BY lane, order_key) k
JOIN outbox_held h ON h.id = k.head
LEFT JOIN outbox_event e ON e.id = h.id
WHERE (? IS NULL OR h.order_key = ?) AND (? IS NULL OR e.type = ?)
  AND (? IS NULL OR e.aggregate_type = ?) AND (? IS NULL OR LOCATE(?, h.error) > 0) AND (? IS NULL OR h.since >= ?)

-- name: discard_ids
INSERT INTO outbox_command (order_id, lane, kind, order_key, event, up_to, not_before)
SELECT ?, h.lane, 'DISCARD', h.order_key, h.id, h.id,
       TIMESTAMPADD(MICROSECOND, ? * (ROW_NUMBER() OVER (ORDER BY h.id) - 1), UTC_TIMESTAMP(6))
FROM (SELECT DISTINCT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) listed) wanted
JOIN outbox_held h ON h.id = wanted.id

-- name: add_command
INSERT INTO outbox_command (order_id, lane, kind, event, up_to, not_before)
VALUES (?, ?, 'REPUBLISH', ?, ?, ?)

-- name: now
SELECT UTC_TIMESTAMP(6)

-- One page of events for a republication: what was sent, and whether it was created in the range.
-- name: sent_page
SELECT e.id, CRC32(e.order_key) & 15, q.id IS NULL AND h.id IS NULL, e.created_at >= ? AND e.created_at < ?,
       e.aggregate_type, e.type
FROM outbox_event e
LEFT JOIN outbox_queue q ON q.lane = (CRC32(e.order_key) & 15) AND q.id = e.id
LEFT JOIN outbox_held h ON h.id = e.id
WHERE e.id > ? AND e.id <= ?
ORDER BY e.id
LIMIT ?

-- name: sent_ids
SELECT e.id, CRC32(e.order_key) & 15
FROM (SELECT DISTINCT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) listed) wanted
JOIN outbox_event e ON e.id = wanted.id
LEFT JOIN outbox_queue q ON q.lane = (CRC32(e.order_key) & 15) AND q.id = e.id
LEFT JOIN outbox_held h ON h.id = e.id
WHERE q.id IS NULL AND h.id IS NULL
ORDER BY e.id

-- name: event_bounds
SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0) FROM outbox_event

-- The first event at or after an id: ids follow the times of creation closely, so a time is searched by halving.
-- name: created_at_or_after
SELECT id, created_at FROM outbox_event WHERE id >= ? ORDER BY id LIMIT 1
