-- name: keys_of_order
SELECT compensation_key FROM compensation WHERE order_id = ?

-- A JSON array of [key, target, id of the target, quantity, state].
-- name: insert_compensations
INSERT INTO compensation (compensation_key, order_id, target, target_id, quantity, state)
SELECT c.compensation_key, ?, c.target, c.target_id, c.quantity, c.state
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         compensation_key VARCHAR(191) PATH '$[0]',
         target VARCHAR(16) PATH '$[1]',
         target_id BIGINT PATH '$[2]',
         quantity BIGINT PATH '$[3]',
         state VARCHAR(16) PATH '$[4]')) c

-- name: complete_compensation
UPDATE compensation SET state = 'DONE', updated_at = UTC_TIMESTAMP(6)
WHERE compensation_key = ? AND state = 'PENDING'
