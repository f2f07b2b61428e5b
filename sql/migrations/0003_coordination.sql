-- Coordination of nodes: exactly ShedLock's four columns (DATETIME(3) instead of TIMESTAMP: no time zone, no
-- 2038, no DST gap; works with Java's ShedLock unchanged), the nodes, and the history of job runs.

CREATE TABLE shedlock (
    name       VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    lock_until DATETIME(3)  NOT NULL,
    locked_at  DATETIME(3)  NOT NULL,
    locked_by  VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE node (
    name       VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    incarnation VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    roles      VARCHAR(128) NOT NULL,
    version    VARCHAR(32)  NOT NULL,
    started_at DATETIME(6)  NOT NULL,
    heartbeat  DATETIME(6)  NOT NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- term: the lease's holder string, so that a run and its fence can be told apart for ever.
CREATE TABLE job_run (
    id         BIGINT       NOT NULL AUTO_INCREMENT,
    job        VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    node       VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    term       VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    started_at DATETIME(6)  NOT NULL,
    ended_at   DATETIME(6)  NULL,
    outcome    ENUM('RUNNING','DONE','FAILED','LOST','CANCELLED','SKIPPED') NOT NULL,
    detail     VARCHAR(500) NULL,
    PRIMARY KEY (id),
    KEY job_run_job (job, id),
    KEY job_run_started (started_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
