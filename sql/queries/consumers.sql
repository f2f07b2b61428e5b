-- Up to when everything that was committed has been acknowledged by Kafka: the oldest event that waits, or now.
-- name: relayed_up_to
SELECT COALESCE(LEAST(MIN(e.created_at), UTC_TIMESTAMP(6)), UTC_TIMESTAMP(6))
FROM (SELECT MIN(id) AS id FROM outbox_queue GROUP BY lane) oldest
JOIN outbox_event e ON e.id = oldest.id

-- A JSON array of [topic, partition, time]; never goes back.
-- name: advance
INSERT INTO consumer_progress (handler, topic, topic_partition, up_to)
SELECT ?, n.topic, n.topic_partition, n.reached
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         topic VARCHAR(249) PATH '$[0]',
         topic_partition INT PATH '$[1]',
         reached VARCHAR(26) PATH '$[2]')) n
ON DUPLICATE KEY UPDATE up_to = GREATEST(consumer_progress.up_to, VALUES(up_to))
