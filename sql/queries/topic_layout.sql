-- name: pin
INSERT IGNORE INTO topic_layout (topic, partitions) VALUES (?, ?)

-- name: pinned
SELECT partitions FROM topic_layout WHERE topic = ?

-- name: pins
SELECT topic, partitions FROM topic_layout

-- name: paused
SELECT topic FROM outbox_pause
