-- Runs of the reconciliation: operators order them, one node makes them, one at a time.

-- name: waiting_runs
SELECT COUNT(*) FROM reconcile_run WHERE state = 'ASKED'

-- name: ask
INSERT INTO reconcile_run (mode, checks, asked_by, reason) VALUES (?, ?, ?, ?)

-- name: add_audit
INSERT INTO audit_log (actor, action, subject, detail, steps) VALUES (?, ?, ?, ?, 0)

-- name: cancel_asked
UPDATE reconcile_run SET state = 'CANCELLED', cancelled_by = ?, ended_at = UTC_TIMESTAMP(6) WHERE id = ? AND state = 'ASKED'

-- name: cancel_running
UPDATE reconcile_run SET cancelled_by = ? WHERE id = ? AND state = 'RUNNING' AND cancelled_by IS NULL

-- Whoever asks has the lock, so nobody is at what is still RUNNING.
-- name: end_abandoned
UPDATE reconcile_run SET state = 'INTERRUPTED', ended_at = UTC_TIMESTAMP(6) WHERE state = 'RUNNING'

-- name: next_run
SELECT id, mode, checks, asked_by FROM reconcile_run WHERE state = 'ASKED' ORDER BY id LIMIT 1 FOR UPDATE

-- name: begin_run
UPDATE reconcile_run SET state = 'RUNNING', node = ?, started_at = UTC_TIMESTAMP(6) WHERE id = ? AND state = 'ASKED'

-- name: is_wanted
SELECT cancelled_by IS NULL FROM reconcile_run WHERE id = ?

-- name: add_finding
INSERT INTO reconcile_finding (run_id, line, check_name, subject, subject_id, expected, found, verdict, remedy)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: conclude
UPDATE reconcile_finding SET verdict = ?, remedy = ? WHERE run_id = ? AND line = ?

-- name: checked
INSERT INTO reconcile_check (run_id, check_name, place, found, repaired, error) VALUES (?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE found = VALUES(found), repaired = VALUES(repaired), error = VALUES(error)

-- name: count_up
UPDATE reconcile_run SET found = found + ?, repaired = repaired + ? WHERE id = ?

-- name: finish
UPDATE reconcile_run SET state = ?, ended_at = UTC_TIMESTAMP(6) WHERE id = ? AND state = 'RUNNING'

-- name: run_by_id
SELECT id, mode, state, asked_by, checks, reason, node, cancelled_by, asked_at, started_at, ended_at, found, repaired
FROM reconcile_run WHERE id = ?

-- name: runs_page
SELECT id, mode, state, asked_by, checks, reason, node, cancelled_by, asked_at, started_at, ended_at, found, repaired
FROM reconcile_run WHERE id < ? ORDER BY id DESC LIMIT ?

-- name: checks_of_run
SELECT check_name, found, repaired, error FROM reconcile_check WHERE run_id = ? ORDER BY place

-- name: findings_page
SELECT line, check_name, subject, subject_id, expected, found, verdict, remedy, audit_id
FROM reconcile_finding WHERE run_id = ? AND line > ? ORDER BY line LIMIT ?

-- A run that the clock asked for and that nobody has begun is enough.
-- name: scheduled_waiting
SELECT COUNT(*) FROM reconcile_run WHERE state = 'ASKED' AND asked_by = ?

-- The last run that made every check to its end.
-- name: last_complete
SELECT id, ended_at, repaired FROM reconcile_run WHERE state = 'DONE' AND checks = '' ORDER BY id DESC LIMIT 1
