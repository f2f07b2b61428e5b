-- A JSON array of event ids as text: which of them had their effect already.
-- name: known
SELECT p.event_id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(36) PATH '$')) wanted
STRAIGHT_JOIN processed_event p ON p.handler = ? AND p.event_id = UNHEX(REPLACE(wanted.id, '-', ''))

-- The same, and waits for those who are adding some of them right now.
-- name: known_for_certain
SELECT p.event_id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(36) PATH '$')) wanted
STRAIGHT_JOIN processed_event p ON p.handler = ? AND p.event_id = UNHEX(REPLACE(wanted.id, '-', ''))
LOCK IN SHARE MODE

-- The event ids in ascending order, so that two who add the same ones wait instead of deadlocking.
-- name: add
INSERT INTO processed_event (handler, event_id)
SELECT ?, UNHEX(REPLACE(new.id, '-', ''))
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(36) PATH '$')) new
