-- The transactional outbox. Writers insert into outbox_event only, in the transaction of the change itself;
-- the trigger of 0004 queues the event for its lane. Events are append-only: nothing ever updates them.

CREATE TABLE outbox_event (
    id             BIGINT       NOT NULL AUTO_INCREMENT,
    event_id       BINARY(16)   NOT NULL,
    aggregate_type VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    aggregate_id   VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_key      VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT (aggregate_id),
    type           VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    payload        MEDIUMBLOB   NULL,
    headers        VARCHAR(4000) NULL,
    created_at     DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY outbox_event_event_id (event_id),
    KEY outbox_event_aggregate (aggregate_type, aggregate_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One narrow row per event not yet acknowledged by the broker.
CREATE TABLE outbox_queue (
    lane TINYINT UNSIGNED NOT NULL,
    id   BIGINT           NOT NULL,
    PRIMARY KEY (lane, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Events taken out of the queue: FAILED was refused by the broker for good, PARKED waits behind a FAILED one
-- of the same order key.
CREATE TABLE outbox_held (
    id        BIGINT           NOT NULL,
    lane      TINYINT UNSIGNED NOT NULL,
    order_key VARCHAR(191)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state     ENUM('FAILED','PARKED') NOT NULL,
    attempts  INT              NOT NULL DEFAULT 0,
    error     VARCHAR(500)     NULL,
    since     DATETIME(6)      NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    KEY outbox_held_key (lane, order_key, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What people ask: the state of each event. An event in neither queue nor held has been sent.
CREATE VIEW outbox_status AS
    SELECT e.id, e.event_id, e.aggregate_type, e.aggregate_id, e.order_key, e.type, e.created_at,
           CASE WHEN q.id IS NOT NULL THEN 'PENDING' WHEN h.id IS NOT NULL THEN h.state ELSE 'SENT' END AS status,
           COALESCE(h.attempts, 0) AS attempts, h.error
    FROM outbox_event e
    LEFT JOIN outbox_queue q ON q.lane = (CRC32(e.order_key) & 15) AND q.id = e.id
    LEFT JOIN outbox_held h ON h.id = e.id;

-- The partition count that keys are spread over, pinned when a topic is first used.
CREATE TABLE topic_layout (
    topic      VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    partitions INT          NOT NULL,
    created_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (topic)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
