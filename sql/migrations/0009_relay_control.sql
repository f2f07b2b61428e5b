-- What operators order the relay to do, and what a lane remembers of the nodes that relayed it.

-- PAUSED: the event itself was stopped because its topic is paused; PARKED waits behind a FAILED or PAUSED one.
ALTER TABLE outbox_held
    MODIFY state ENUM('FAILED','PARKED','PAUSED') NOT NULL,
    ADD KEY outbox_held_state (state, id);

-- Orders to the owner of a lane, which alone changes queue and held rows. One row is one step: REDRIVE returns all held
-- rows of a key to the queue; DISCARD drops the held rows from `event` to `up_to` of a key for good and, if no FAILED row
-- of the key is left, returns the rest; REPUBLISH queues sent events from `event` to `up_to` of the lane once more;
-- SYNC is done when the owner has settled what was in flight and knows the pauses and pins of now.
-- `not_before` spreads a large order over time; `order_id` is the order's line in audit_log.
CREATE TABLE outbox_command (
    id         BIGINT           NOT NULL AUTO_INCREMENT,
    order_id   BIGINT           NOT NULL,
    lane       TINYINT UNSIGNED NOT NULL,
    kind       ENUM('REDRIVE','DISCARD','REPUBLISH','SYNC') NOT NULL,
    order_key  VARCHAR(191)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    event      BIGINT           NULL,
    up_to      BIGINT           NULL,
    state      ENUM('PENDING','DONE') NOT NULL DEFAULT 'PENDING',
    affected   BIGINT           NULL,
    not_before DATETIME(6)      NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    done_at    DATETIME(6)      NULL,
    done_by    VARCHAR(255)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (id),
    KEY outbox_command_due (state, lane, not_before, id),
    KEY outbox_command_order (order_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Topics whose events are held back, by the full name of the topic.
CREATE TABLE outbox_pause (
    topic     VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reason    VARCHAR(500) NULL,
    paused_by VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    since     DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (topic)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The lane's last owner, cleared when it gives the lane up in good order: whoever finds it set knows that the owner died.
-- `lowest`: the first queued event then; `crashes`: how many owners in a row died without getting past it; `trying`: the
-- event that a careful owner has alone in hand.
CREATE TABLE outbox_lane (
    lane         TINYINT UNSIGNED NOT NULL,
    holder       VARCHAR(255)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    lowest       BIGINT           NULL,
    crashes      INT              NOT NULL DEFAULT 0,
    trying       BIGINT           NULL,
    trying_since DATETIME(6)      NULL,
    tries        INT              NOT NULL DEFAULT 0,
    PRIMARY KEY (lane)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A node counts for the lanes' quota while its lease keeper lives; NULL: it takes none (any more).
ALTER TABLE node ADD COLUMN relay_at DATETIME(6) NULL;

-- What people ordered, with the count that a dry run showed and the outcome.
CREATE TABLE audit_log (
    id      BIGINT       NOT NULL AUTO_INCREMENT,
    at      DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    actor   VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    action  VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    detail  TEXT         NULL,
    steps   BIGINT       NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY audit_log_action (action, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Orders that take several steps of their own, each begun when the commands of the one before are done: RESUME lifts a
-- pause and then returns what it held; REPARTITION spreads a paused topic over another number of partitions first.
CREATE TABLE topic_change (
    order_id    BIGINT       NOT NULL,
    topic       VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    partitions  INT          NULL,
    grow        TINYINT      NOT NULL DEFAULT 0,
    keep_paused TINYINT      NOT NULL DEFAULT 0,
    phase       ENUM('SETTLE','BROKER','SPREAD','RELEASE','REDRIVE','DONE','FAILED') NOT NULL,
    trouble     VARCHAR(500) NULL,
    changed_at  DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    open_topic  VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin GENERATED ALWAYS AS
                (CASE WHEN phase NOT IN ('DONE','FAILED') THEN topic END) STORED,
    PRIMARY KEY (order_id),
    UNIQUE KEY topic_change_open (open_topic)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
