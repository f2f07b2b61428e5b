-- The trigger of outbox_event puts the event into the queue of its lane.
-- name: insert_event
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload, headers)
VALUES (?, ?, ?, ?, ?, ?, ?)
