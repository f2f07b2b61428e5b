-- Commands to the owners of lanes, and what lanes remember of their owners. See scheduler/mysql/lane_control.hpp.

-- name: lanes_with_commands
-- A loose index scan: the earliest command of each state and lane, however many there are. With `state` in a WHERE it would
-- read them all.
SELECT lane, state = 'PENDING' AND MIN(not_before) <= UTC_TIMESTAMP(6) FROM outbox_command GROUP BY state, lane

-- name: due_commands
SELECT id, kind, order_key, event, up_to
FROM outbox_command
WHERE state = 'PENDING' AND lane = ? AND not_before <= UTC_TIMESTAMP(6)
ORDER BY not_before, id
LIMIT ?

-- name: lock_command
SELECT kind, order_key, event, up_to
FROM outbox_command WHERE id = ? AND lane = ? AND state = 'PENDING' FOR UPDATE

-- name: command_done
UPDATE outbox_command SET state = 'DONE', affected = ?, done_at = UTC_TIMESTAMP(6), done_by = ? WHERE id = ?

-- name: next_step
-- Of the same order: `?` is the kind, where to go on, up to where, and after which command.
INSERT INTO outbox_command (order_id, lane, kind, order_key, event, up_to)
SELECT order_id, lane, ?, order_key, ?, ? FROM outbox_command WHERE id = ?

-- name: last_held_of_key
SELECT COALESCE(MAX(id), 0) FROM outbox_held WHERE lane = ? AND order_key = ?

-- name: held_of_key
SELECT id FROM outbox_held WHERE lane = ? AND order_key = ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?

-- name: queue_again
INSERT IGNORE INTO outbox_queue (lane, id)
SELECT lane, id FROM outbox_held WHERE lane = ? AND order_key = ? AND id >= ? AND id <= ?

-- name: unhold
DELETE FROM outbox_held WHERE lane = ? AND order_key = ? AND id >= ? AND id <= ?

-- name: heads_of_key
SELECT COUNT(*) FROM outbox_held WHERE lane = ? AND order_key = ? AND state IN ('FAILED', 'PAUSED')

-- name: queue_sent
-- What is queued or held already is not sent: it goes its own way.
INSERT IGNORE INTO outbox_queue (lane, id)
SELECT CRC32(e.order_key) & 15, e.id
FROM outbox_event e
WHERE e.id >= ? AND e.id <= ? AND (CRC32(e.order_key) & 15) = ?
  AND NOT EXISTS (SELECT 1 FROM outbox_held h WHERE h.id = e.id)

-- name: last_event
SELECT COALESCE(MAX(id), 0) FROM outbox_event

-- name: lane_exists
INSERT IGNORE INTO outbox_lane (lane) VALUES (?)

-- name: lane_state
-- The last sign of life of the former owner: the restart of its process, or else its last beat.
SELECT l.holder, l.lowest, l.crashes, l.trying, l.tries,
       l.trying_since IS NOT NULL
         AND TIMESTAMPDIFF(SECOND, l.trying_since,
                           COALESCE((SELECT IF(n.started_at > l.trying_since, n.started_at, n.relay_at)
                                     FROM node n WHERE n.name = SUBSTRING_INDEX(l.holder, ':', 1)),
                                    UTC_TIMESTAMP(6))) < 30
FROM outbox_lane l
WHERE l.lane = ?
FOR UPDATE

-- name: lowest_queued
SELECT MIN(id) FROM outbox_queue WHERE lane = ?

-- name: is_queued
SELECT 1 FROM outbox_queue WHERE lane = ? AND id = ?

-- name: enter_lane
UPDATE outbox_lane SET holder = ?, lowest = ?, crashes = ?, trying = ?, trying_since = NULL, tries = ? WHERE lane = ?

-- name: note_row
-- The time of the first try by this owner stays.
UPDATE outbox_lane
SET trying_since = IF(trying <=> ? AND trying_since IS NOT NULL, trying_since, UTC_TIMESTAMP(6)),
    tries = IF(trying <=> ?, tries, 0), trying = ?
WHERE lane = ? AND holder = ?

-- name: leave_lane
UPDATE outbox_lane SET holder = NULL WHERE lane = ? AND holder = ?

-- name: forgive_lane
UPDATE outbox_lane SET crashes = 0, trying = NULL, trying_since = NULL, tries = 0 WHERE lane = ?

-- name: remove_done
DELETE FROM outbox_command
WHERE state = 'DONE' AND lane = ? AND not_before < TIMESTAMPADD(DAY, -?, UTC_TIMESTAMP(6))
ORDER BY not_before LIMIT ?
