-- Payments by card, and refunds of all payments. `gateway_key` is what the gateway knows a payment or a refund by; the
-- same key again is the same payment, so every call may be repeated.

ALTER TABLE payment
    ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN settled_at DATETIME(6) NULL,
    ADD COLUMN next_inquiry_at DATETIME(6) NULL,
    ADD COLUMN inquiries INT NOT NULL DEFAULT 0,
    ADD UNIQUE KEY payment_gateway_key (gateway_key),
    ADD KEY payment_order (order_id),
    ADD CONSTRAINT payment_refunded CHECK (refunded >= 0 AND refunded <= amount);

-- A key whose answer is the state of a refund, as payment_id names a payment.
ALTER TABLE idempotency_key ADD COLUMN refund_id BIGINT NULL;

-- refunded of its payment counts what refunds in PENDING, UNKNOWN and SUCCEEDED take.
CREATE TABLE refund (
    id              BIGINT       NOT NULL AUTO_INCREMENT,
    payment_id      BIGINT       NOT NULL,
    order_id        BIGINT       NULL,
    amount          BIGINT       NOT NULL,
    state           ENUM('PENDING','SUCCEEDED','FAILED','UNKNOWN') NOT NULL,
    origin          ENUM('REQUEST','COMPENSATION') NOT NULL,
    reason          VARCHAR(191) NOT NULL,
    failure         VARCHAR(191) NULL,
    gateway_key     VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
    attempts        INT          NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6)  NULL,
    created_at      DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at      DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY refund_gateway_key (gateway_key),
    KEY refund_payment (payment_id, id),
    KEY refund_state (state, next_attempt_at),
    CONSTRAINT refund_of FOREIGN KEY (payment_id) REFERENCES payment (id),
    CONSTRAINT refund_amount CHECK (amount >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Goods that come back with a refund; stock gets them when it succeeds.
CREATE TABLE refund_line (
    refund_id  BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    quantity   BIGINT NOT NULL,
    PRIMARY KEY (refund_id, product_id),
    CONSTRAINT refund_line_of FOREIGN KEY (refund_id) REFERENCES refund (id),
    CONSTRAINT refund_line_quantity CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Callbacks of the gateway that were taken in: one effect each, however often they are delivered.
CREATE TABLE gateway_callback (
    callback_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    gateway_key VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    outcome     VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    received_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (callback_id),
    KEY gateway_callback_received (received_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
