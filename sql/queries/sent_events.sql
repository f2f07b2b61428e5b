-- What was sent, for comparing it with the topics. As text with literals in the places of `?`.

-- name: page
SELECT e.id, CRC32(e.event_id), e.order_key, CRC32(e.payload), e.aggregate_type, e.type, q.id IS NULL AND h.id IS NULL
FROM outbox_event e
LEFT JOIN outbox_queue q ON q.lane = (CRC32(e.order_key) & 15) AND q.id = e.id
LEFT JOIN outbox_held h ON h.id = e.id
WHERE e.id >= ?
ORDER BY e.id
LIMIT ?

-- name: committed
SELECT id, CRC32(event_id) FROM outbox_event WHERE id IN (?)

-- name: count
SELECT COUNT(*) FROM outbox_event WHERE id >= ?

-- name: pins
SELECT l.topic, l.partitions, EXISTS (SELECT 1 FROM topic_change c WHERE c.topic = l.topic AND c.partitions IS NOT NULL)
FROM topic_layout l
