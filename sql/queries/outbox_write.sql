-- The trigger of outbox_event puts the event into the queue of its lane.
-- name: insert_event
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload, headers)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- A JSON array of arrays, the columns in hexadecimal or null: so bytes of any kind pass through JSON.
-- name: insert_events
INSERT INTO outbox_event (event_id, aggregate_type, aggregate_id, order_key, type, payload, headers)
SELECT UNHEX(e.event_id), UNHEX(e.aggregate_type), UNHEX(e.aggregate_id), UNHEX(e.order_key), UNHEX(e.type),
       UNHEX(e.payload), UNHEX(e.headers)
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         place FOR ORDINALITY,
         event_id VARCHAR(32) PATH '$[0]',
         aggregate_type VARCHAR(512) PATH '$[1]',
         aggregate_id VARCHAR(1528) PATH '$[2]',
         order_key VARCHAR(1528) PATH '$[3]',
         type VARCHAR(1024) PATH '$[4]',
         payload MEDIUMTEXT PATH '$[5]',
         headers MEDIUMTEXT PATH '$[6]')) e
ORDER BY e.place
