-- What was sold, by the hour of the sale (orders.completed_at); refunds subtract there. Kept by the ranking listener
-- from PaymentCompleted and PaymentRefunded, each event once (processed_event).

CREATE TABLE product_sales (
    bucket_hour DATETIME NOT NULL,
    product_id  BIGINT   NOT NULL,
    quantity    BIGINT   NOT NULL,
    PRIMARY KEY (bucket_hour, product_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE processed_event (
    handler      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_id     BINARY(16)  NOT NULL,
    processed_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (handler, event_id),
    KEY processed_event_time (processed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- How far each partition is known to be worked off: everything that was committed to the outbox before `up_to` (and not
-- held there) has had its effect. Begins in 1970.
CREATE TABLE consumer_progress (
    handler         VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    topic           VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    topic_partition INT          NOT NULL,
    up_to           DATETIME(6)  NOT NULL,
    PRIMARY KEY (handler, topic, topic_partition)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
