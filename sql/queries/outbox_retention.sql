-- Removes events that were sent long ago, in small batches by primary key.

-- name: lowest_needed
-- The first event that is queued or held: those below it have been sent.
SELECT LEAST(COALESCE((SELECT MIN(lowest) FROM (SELECT MIN(id) AS lowest FROM outbox_queue GROUP BY lane) q),
                      9223372036854775807),
             COALESCE((SELECT MIN(id) FROM outbox_held), 9223372036854775807))

-- name: next_events
-- `?`: after, below, how many.
SELECT MAX(id), COUNT(*)
FROM (SELECT id FROM outbox_event WHERE id > ? AND id < ? ORDER BY id LIMIT ?) e

-- name: remove_events
DELETE FROM outbox_event
WHERE id > ? AND id <= ? AND created_at < TIMESTAMPADD(DAY, -?, UTC_TIMESTAMP(6))
