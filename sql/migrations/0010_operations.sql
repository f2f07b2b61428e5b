-- What consumers could not work off, what operators order of jobs, and what reconciliation found.

-- An event of a topic that one listener did not manage. RETRY: tried again at next_attempt_at; HELD: waits for a person;
-- PARKED: waits behind an earlier one of its key, in the order of the ids. Rows that were worked off or discarded are
-- removed; audit_log says who discarded. `identity`: SHA-256 of topic, partition, offset, event id, key and payload, so
-- that a topic that was made anew cannot hide a record behind an old one. `key_digest`: SHA-256 of the record's key.
-- `attempts`: all tries; `retries`: those since it was written, or since an operator ordered a retry.
CREATE TABLE dead_letter (
    id              BIGINT       NOT NULL AUTO_INCREMENT,
    handler         VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity        BINARY(32)   NOT NULL,
    topic           VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    topic_partition INT          NOT NULL,
    record_offset   BIGINT       NOT NULL,
    record_key      MEDIUMBLOB   NOT NULL,
    key_digest      BINARY(32)   NOT NULL,
    event_id        BINARY(16)   NULL,
    sequence        BIGINT       NULL,
    type            MEDIUMBLOB   NOT NULL, -- as the record says it, which may be anything
    headers         MEDIUMTEXT   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, -- JSON: [[name, value], ...]
    payload         LONGBLOB     NULL, -- NULL: a tombstone
    state           ENUM('RETRY','HELD','PARKED') NOT NULL,
    error           VARCHAR(1000) NULL,
    fingerprint     CHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    attempts        INT          NOT NULL,
    retries         INT          NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6)  NULL,
    first_at        DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    last_at         DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY dead_letter_identity (handler, identity),
    KEY dead_letter_key (handler, key_digest, id),
    KEY dead_letter_due (handler, state, next_attempt_at, id),
    KEY dead_letter_age (handler, state, first_at),
    KEY dead_letter_fingerprint (fingerprint, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The keys of a listener that have dead letters: the row's lock says whether a later event of the key may be worked off or
-- has to be parked, and guards the states of the key's letters: all but the first are PARKED. Independent listeners and
-- records without a key have none.
CREATE TABLE dead_letter_key (
    handler    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    key_digest BINARY(32)  NOT NULL,
    since      DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (handler, key_digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A job as the nodes last declared it, what operators ordered of it, and its last run by all nodes together.
-- `planned_at`: for which time it was begun, so that each is begun once, whatever the nodes' clocks say; runs that were
-- ordered leave it. `ended_at` is NULL while it runs. `term`: the run's lease, as in job_run. A job that runs on
-- every node (lock_at_most_ms is NULL) is declared for people to see: orders do not concern it, nor are its runs kept here.
CREATE TABLE job_control (
    job           VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    schedule      VARCHAR(300) NOT NULL,
    zone          VARCHAR(64)  NOT NULL,
    lock_at_most_ms  BIGINT    NULL, -- NULL: runs on every node
    lock_at_least_ms BIGINT    NULL,
    declared_by   VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    declared_at   DATETIME(6)  NOT NULL,
    paused_at     DATETIME(6)  NULL,
    paused_by     VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    pause_reason  VARCHAR(500) NULL,
    run_asked_at  DATETIME(6)  NULL, -- a run that was ordered and has not begun
    run_asked_by  VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    planned_at    DATETIME(6)  NULL,
    started_at    DATETIME(6)  NULL,
    ended_at      DATETIME(6)  NULL,
    outcome       ENUM('RUNNING','DONE','FAILED','LOST','CANCELLED') NULL,
    node          VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    term          VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    asked_at      DATETIME(6)  NULL, -- the order that the last run obeyed; NULL: it was planned
    asked_by      VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (job)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Why a run was skipped (HELD_ELSEWHERE, PAUSED, ...), and who held the lock; which order it obeyed (run_asked_at).
ALTER TABLE job_run
    ADD COLUMN planned_at  DATETIME(6)  NULL,
    ADD COLUMN skip_reason VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN holder      VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN asked_at    DATETIME(6)  NULL,
    ADD COLUMN asked_by    VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- A run of the reconciliation. INCOMPLETE: some checks could not be made, reconcile_check says why; INTERRUPTED: its node
-- ended, or lost its lock, on the way. `checks`: names with commas; empty: all that the node knows.
CREATE TABLE reconcile_run (
    id           BIGINT       NOT NULL AUTO_INCREMENT,
    mode         ENUM('REPORT','DRY_RUN','REPAIR') NOT NULL,
    checks       VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    asked_by     VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reason       VARCHAR(500) NULL,
    asked_at     DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    state        ENUM('ASKED','RUNNING','DONE','INCOMPLETE','INTERRUPTED','CANCELLED') NOT NULL DEFAULT 'ASKED',
    node         VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    started_at   DATETIME(6)  NULL,
    ended_at     DATETIME(6)  NULL,
    cancelled_by VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL, -- it ends at its next step
    found        BIGINT       NOT NULL DEFAULT 0,
    repaired     BIGINT       NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY reconcile_run_state (state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What a check of a run came to. `found` counts also those that were too many to be kept, but not what was GONE.
CREATE TABLE reconcile_check (
    run_id     BIGINT        NOT NULL,
    check_name VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    place      INT           NOT NULL,
    found      BIGINT        NOT NULL,
    repaired   BIGINT        NOT NULL,
    error      VARCHAR(1000) NULL, -- why it could not be made to its end
    PRIMARY KEY (run_id, check_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- REPORTED: a repair knows what to do; PERSON: somebody has to decide; PROPOSED: what a repair would do; GONE: at the second look
-- it was all right; FAILED: the repair was not made. `remedy`: what was done, would be, or should be, or why not.
CREATE TABLE reconcile_finding (
    run_id     BIGINT        NOT NULL,
    line       INT           NOT NULL,
    check_name VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject    VARCHAR(64)   NOT NULL,
    subject_id VARCHAR(300)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    expected   VARCHAR(1000) NOT NULL,
    found      VARCHAR(1000) NOT NULL,
    verdict    ENUM('REPORTED','PERSON','PROPOSED','REPAIRED','GONE','FAILED') NOT NULL,
    remedy     VARCHAR(1000) NOT NULL,
    audit_id   BIGINT        NULL, -- the repair's line in audit_log
    PRIMARY KEY (run_id, line)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
