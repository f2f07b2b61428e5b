-- name: register_node
INSERT INTO node (name, incarnation, roles, version, started_at, heartbeat)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE incarnation = VALUES(incarnation), roles = VALUES(roles), version = VALUES(version),
                        started_at = VALUES(started_at), heartbeat = VALUES(heartbeat)

-- name: beat
UPDATE node SET heartbeat = UTC_TIMESTAMP(6) WHERE name = ? AND incarnation = ?

-- Ages instead of times: the node's own clock may be wrong.
-- name: add_job_run
INSERT INTO job_run (job, node, term, started_at, ended_at, outcome, detail, planned_at, skip_reason, holder, asked_at, asked_by)
VALUES (?, ?, ?, TIMESTAMPADD(MICROSECOND, -?, UTC_TIMESTAMP(6)), TIMESTAMPADD(MICROSECOND, -?, UTC_TIMESTAMP(6)), ?, ?, ?, ?, ?, ?, ?)

-- name: relay_beat
UPDATE node SET relay_at = UTC_TIMESTAMP(6) WHERE name = ? AND incarnation = ?

-- name: relay_withdraw
UPDATE node SET relay_at = NULL WHERE name = ? AND incarnation = ?

-- name: relaying
SELECT name FROM node WHERE relay_at > TIMESTAMPADD(MICROSECOND, -?, UTC_TIMESTAMP(6)) ORDER BY name
