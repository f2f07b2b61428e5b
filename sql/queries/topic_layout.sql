-- name: pin
INSERT IGNORE INTO topic_layout (topic, partitions) VALUES (?, ?)

-- name: pinned
SELECT partitions FROM topic_layout WHERE topic = ?
