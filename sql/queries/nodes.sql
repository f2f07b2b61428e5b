-- name: register_node
INSERT INTO node (name, incarnation, roles, version, started_at, heartbeat)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE incarnation = VALUES(incarnation), roles = VALUES(roles), version = VALUES(version),
                        started_at = VALUES(started_at), heartbeat = VALUES(heartbeat)

-- name: beat
UPDATE node SET heartbeat = UTC_TIMESTAMP(6) WHERE name = ? AND incarnation = ?

-- name: add_job_run
INSERT INTO job_run (job, node, term, started_at, ended_at, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
