-- What operators see of jobs and order of them. The nodes keep job_control and job_run (job_board.sql).

-- With the last run that job_run has, skips aside: poll loops write transitions only, so job_control may know a later one.
-- name: jobs
SELECT c.job, c.schedule, c.zone, c.lock_at_most_ms, c.lock_at_least_ms, c.declared_by, c.declared_at,
       c.paused_at, c.paused_by, c.pause_reason, c.run_asked_at, c.run_asked_by,
       c.planned_at, c.started_at, c.ended_at, c.outcome, c.node, c.term, s.locked_by, s.lock_until, UTC_TIMESTAMP(6),
       r.id, r.node, r.term, r.started_at, r.ended_at, r.outcome, r.planned_at, r.skip_reason, r.holder, r.asked_by, r.detail
FROM job_control c
LEFT JOIN shedlock s ON s.name = c.job AND s.lock_until > UTC_TIMESTAMP(3)
LEFT JOIN job_run r ON r.id = (SELECT x.id FROM job_run x WHERE x.job = c.job AND x.outcome <> 'SKIPPED'
                               ORDER BY x.id DESC LIMIT 1)
WHERE ? IS NULL OR c.job = ?
ORDER BY c.job LIMIT 1000

-- name: names
SELECT job FROM job_control ORDER BY job LIMIT 1000

-- Nodes that live and run jobs: silent for 5 s at most, by the database's clock.
-- name: runners
SELECT COUNT(*) FROM node
WHERE FIND_IN_SET('jobs', roles) > 0 AND heartbeat > TIMESTAMPADD(SECOND, -5, UTC_TIMESTAMP(6))

-- name: history
SELECT id, node, term, started_at, ended_at, outcome, planned_at, skip_reason, holder, asked_by, detail
FROM job_run
WHERE job = ? AND id < ? AND (? IS NULL OR outcome = ?)
ORDER BY id DESC LIMIT ?

-- name: lock_job
SELECT lock_at_most_ms, paused_at, run_asked_at FROM job_control WHERE job = ? FOR UPDATE

-- name: pause
UPDATE job_control SET paused_at = UTC_TIMESTAMP(6), paused_by = ?, pause_reason = ? WHERE job = ?

-- name: resume
UPDATE job_control SET paused_at = NULL, paused_by = NULL, pause_reason = NULL WHERE job = ?

-- The order's own time, so that the run can be told by it.
-- name: ask_run
UPDATE job_control SET run_asked_at = (SELECT at FROM audit_log WHERE id = ?), run_asked_by = ? WHERE job = ?

-- The order behind a run that was asked for.
-- name: order_of_ask
SELECT a.id FROM job_control c
JOIN audit_log a ON a.action = 'job.run' AND a.subject = c.job AND a.at = c.run_asked_at
WHERE c.job = ?
ORDER BY a.id DESC LIMIT 1

-- A run that was ordered: the order, whether it waits or runs, the run as job_control has it, and its row of the history. That
-- row is written when the run is over; for some seconds it may still come.
-- name: ordered
SELECT a.at, a.actor, c.run_asked_at <=> a.at,
       c.asked_at <=> a.at AND (c.outcome = 'RUNNING' OR c.ended_at > TIMESTAMPADD(SECOND, -5, UTC_TIMESTAMP(6))),
       c.asked_at <=> a.at, c.node, c.term, c.started_at, c.ended_at, c.outcome,
       r.id, r.node, r.term, r.started_at, r.ended_at, r.outcome, r.planned_at, r.skip_reason, r.holder, r.asked_by, r.detail
FROM audit_log a
JOIN job_control c ON c.job = a.subject
LEFT JOIN job_run r ON r.id = (SELECT x.id FROM job_run x WHERE x.job = a.subject AND x.asked_at = a.at
                               ORDER BY x.id DESC LIMIT 1)
WHERE a.id = ? AND a.action = 'job.run' AND a.subject = ?
