-- ShedLock's own statements (JDBC provider, database time, MySQL dialect), so that Java nodes and ours exclude each other.

-- name: insert_once
-- A row that is there already is left alone; `take` decides.
INSERT IGNORE INTO shedlock (name, lock_until, locked_at, locked_by)
VALUES (?, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(3)), UTC_TIMESTAMP(3), ?)

-- name: take
UPDATE shedlock
SET lock_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(3)), locked_at = UTC_TIMESTAMP(3), locked_by = ?
WHERE name = ? AND lock_until <= UTC_TIMESTAMP(3)

-- name: extend
-- Ours alone: several locks in one statement. A holder is unique per acquisition, so the two lists cannot mismatch.
UPDATE shedlock
SET lock_until = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(3))
WHERE name IN (?) AND locked_by IN (?) AND lock_until > UTC_TIMESTAMP(3)

-- name: valid
SELECT name, locked_by FROM shedlock WHERE name IN (?) AND lock_until > UTC_TIMESTAMP(3)

-- name: unlock
UPDATE shedlock
SET lock_until = IF(TIMESTAMPADD(MICROSECOND, ?, locked_at) > UTC_TIMESTAMP(3),
                    TIMESTAMPADD(MICROSECOND, ?, locked_at), UTC_TIMESTAMP(3))
WHERE name = ? AND locked_by = ?

-- name: existing
SELECT name, lock_until <= UTC_TIMESTAMP(3) FROM shedlock WHERE name IN (?)

-- name: holder
SELECT locked_by FROM shedlock WHERE name = ? AND lock_until > UTC_TIMESTAMP(3)

-- name: fence
-- Last in a job's transaction: whoever lost the lock rolls back.
SELECT 1 FROM shedlock WHERE name = ? AND locked_by = ? AND lock_until > UTC_TIMESTAMP(3) LOCK IN SHARE MODE
