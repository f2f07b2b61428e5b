-- What the nodes agree on about their jobs, see scheduler/job_board.hpp.

-- name: declare
INSERT INTO job_control (job, schedule, zone, lock_at_most_ms, lock_at_least_ms, declared_by, declared_at)
VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE schedule = VALUES(schedule), zone = VALUES(zone), lock_at_most_ms = VALUES(lock_at_most_ms),
                        lock_at_least_ms = VALUES(lock_at_least_ms), declared_by = VALUES(declared_by),
                        declared_at = VALUES(declared_at)

-- A lock that nobody holds, so that `begin` has a row to take.
-- name: add_lock
INSERT IGNORE INTO shedlock (name, lock_until, locked_at, locked_by) VALUES (?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), '')

-- name: look
SELECT UTC_TIMESTAMP(6), c.job, c.paused_by, c.pause_reason, c.run_asked_at, c.run_asked_by, c.outcome, c.planned_at,
       c.started_at, c.ended_at, c.node, c.term, s.locked_by, s.lock_until, c.asked_at, c.asked_by
FROM job_control c LEFT JOIN shedlock s ON s.name = c.job
WHERE c.lock_at_most_ms IS NOT NULL

-- The lock as in shedlock.sql's `take`, and the comparison with what was seen.
-- name: begin_planned
UPDATE shedlock s JOIN job_control c ON c.job = s.name
SET s.lock_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(3)), s.locked_at = UTC_TIMESTAMP(3), s.locked_by = ?,
    c.planned_at = ?, c.started_at = UTC_TIMESTAMP(6), c.ended_at = NULL, c.outcome = 'RUNNING', c.node = ?, c.term = ?,
    c.asked_at = NULL, c.asked_by = NULL
WHERE s.name = ? AND s.lock_until <= UTC_TIMESTAMP(3)
  AND c.paused_at IS NULL AND c.planned_at <=> ? AND c.term <=> ? AND c.outcome <=> ?

-- An order is taken once.
-- name: begin_asked
UPDATE shedlock s JOIN job_control c ON c.job = s.name
SET s.lock_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(3)), s.locked_at = UTC_TIMESTAMP(3), s.locked_by = ?,
    c.planned_at = COALESCE(?, c.planned_at), c.started_at = UTC_TIMESTAMP(6), c.ended_at = NULL,
    c.outcome = 'RUNNING', c.node = ?, c.term = ?, c.run_asked_at = NULL, c.run_asked_by = NULL, c.asked_at = ?, c.asked_by = ?
WHERE s.name = ? AND s.lock_until <= UTC_TIMESTAMP(3)
  AND c.run_asked_at = ? AND c.planned_at <=> ? AND c.term <=> ? AND c.outcome <=> ?

-- Why a run could not begin.
-- name: obstacle
SELECT s.locked_by, s.lock_until > UTC_TIMESTAMP(3), c.paused_by, c.pause_reason, c.paused_at IS NOT NULL
FROM job_control c LEFT JOIN shedlock s ON s.name = c.job WHERE c.job = ?

-- The run before did not say how it ended.
-- name: add_lost
INSERT INTO job_run (job, node, term, planned_at, started_at, asked_at, asked_by, outcome, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, 'LOST', 'its lease ran out, and it never said how it ended')

-- name: end
UPDATE shedlock s JOIN job_control c ON c.job = s.name
SET s.lock_until = IF(TIMESTAMPADD(MICROSECOND, ?, s.locked_at) > UTC_TIMESTAMP(3),
                      TIMESTAMPADD(MICROSECOND, ?, s.locked_at), UTC_TIMESTAMP(3)),
    c.ended_at = UTC_TIMESTAMP(6), c.outcome = ?
WHERE s.name = ? AND s.locked_by = ? AND c.term = ?

-- The lock is somebody else's already, the job's last run is still this one.
-- name: end_without_lock
UPDATE job_control SET ended_at = UTC_TIMESTAMP(6), outcome = ? WHERE job = ? AND term = ?
