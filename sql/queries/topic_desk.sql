-- Pauses and changes of topics; the phases are explained in scheduler/topic_desk.hpp.

-- name: topics
SELECT t.topic, l.partitions, p.paused_by, p.reason, p.since, c.order_id, c.phase
FROM (SELECT topic FROM topic_layout UNION SELECT topic FROM outbox_pause UNION SELECT open_topic FROM topic_change
      WHERE open_topic IS NOT NULL) t
LEFT JOIN topic_layout l ON l.topic = t.topic
LEFT JOIN outbox_pause p ON p.topic = t.topic
LEFT JOIN topic_change c ON c.open_topic = t.topic
ORDER BY t.topic

-- name: pause
INSERT IGNORE INTO outbox_pause (topic, reason, paused_by) VALUES (?, ?, ?)

-- name: lift
DELETE FROM outbox_pause WHERE topic = ?

-- name: paused
SELECT 1 FROM outbox_pause WHERE topic = ? FOR UPDATE

-- name: paused_by
SELECT topic FROM outbox_pause WHERE paused_by = ?

-- name: changing
SELECT order_id FROM topic_change WHERE open_topic = ?

-- name: begin_change
INSERT IGNORE INTO topic_change (order_id, topic, partitions, grow, keep_paused, phase) VALUES (?, ?, ?, ?, ?, ?)

-- name: open_changes
SELECT c.order_id, c.topic, COALESCE(c.partitions, 0), c.grow, c.keep_paused, c.phase, c.trouble,
       (SELECT COUNT(*) FROM outbox_command o WHERE o.order_id = c.order_id AND o.state = 'PENDING')
FROM topic_change c WHERE c.open_topic IS NOT NULL ORDER BY c.order_id

-- name: enter_phase
UPDATE topic_change SET phase = ?, changed_at = UTC_TIMESTAMP(6) WHERE order_id = ? AND phase = ?

-- name: note_trouble
UPDATE topic_change SET trouble = ?, changed_at = UTC_TIMESTAMP(6) WHERE order_id = ? AND phase = 'BROKER'

-- name: change_of
SELECT phase, trouble FROM topic_change WHERE order_id = ?

-- name: spread
INSERT INTO topic_layout (topic, partitions) VALUES (?, ?) ON DUPLICATE KEY UPDATE partitions = VALUES(partitions)

-- Every lane has an owner that must know.
-- name: sync_lanes
INSERT INTO outbox_command (order_id, lane, kind)
SELECT ?, lane, 'SYNC' FROM JSON_TABLE('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]', '$[*]' COLUMNS (lane INT PATH '$')) lanes

-- Whatever a pause held: what belongs to a topic that is still paused is held again.
-- name: redrive_paused
INSERT INTO outbox_command (order_id, lane, kind, order_key)
SELECT DISTINCT ?, lane, 'REDRIVE', order_key FROM outbox_held WHERE state = 'PAUSED'

-- name: count_steps
UPDATE audit_log SET steps = (SELECT COUNT(*) FROM outbox_command WHERE order_id = ?) WHERE id = ?
