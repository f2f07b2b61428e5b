-- Removes what histories have kept for long enough, in small batches by their keys.

-- The last run of each job, which stays whatever its age.
-- name: last_runs
SELECT MAX(id) FROM job_run GROUP BY job

-- One page of runs in the order of their keys; old: more than so many days.
-- name: runs
SELECT id, started_at < TIMESTAMPADD(DAY, -?, UTC_TIMESTAMP(6)) FROM job_run WHERE id > ? ORDER BY id LIMIT ?

-- A JSON array of ids.
-- name: remove_runs
DELETE r FROM job_run r JOIN JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) old ON old.id = r.id

-- Up to when effects may be forgotten: so many seconds ago, and a day before the first event that could be sent once more and
-- before the first dead letter that will be tried again.
-- name: forgettable
SELECT LEAST(TIMESTAMPADD(SECOND, -?, UTC_TIMESTAMP(6)),
             COALESCE((SELECT TIMESTAMPADD(DAY, -1, created_at) FROM outbox_event ORDER BY id LIMIT 1),
                      UTC_TIMESTAMP(6)),
             COALESCE((SELECT TIMESTAMPADD(DAY, -1, first_at) FROM dead_letter ORDER BY id LIMIT 1), UTC_TIMESTAMP(6)))

-- name: remove_processed
DELETE FROM processed_event WHERE processed_at < ? ORDER BY processed_at LIMIT ?

-- The oldest run of the reconciliation, if it is old and not the last.
-- name: oldest_reconcile_run
SELECT id FROM (SELECT id, COALESCE(started_at, asked_at) AS started_at FROM reconcile_run ORDER BY id LIMIT 1) r
WHERE started_at < TIMESTAMPADD(DAY, -?, UTC_TIMESTAMP(6)) AND id < (SELECT MAX(id) FROM reconcile_run)

-- name: remove_findings
DELETE FROM reconcile_finding WHERE run_id = ? ORDER BY line LIMIT ?

-- name: remove_reconcile_checks
DELETE FROM reconcile_check WHERE run_id = ?

-- name: remove_reconcile_run
DELETE FROM reconcile_run WHERE id = ?

-- The topics that listeners read, on whatever node.
-- name: read_topics
SELECT DISTINCT topic FROM consumer_progress ORDER BY topic
