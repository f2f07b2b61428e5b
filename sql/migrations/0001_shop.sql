-- The shop: accounts, products, orders, payments. Money is BIGINT minor units; times are DATETIME(6) in UTC.

CREATE TABLE users (
    id           BIGINT       NOT NULL AUTO_INCREMENT,
    username     VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    email        VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    phone_number VARCHAR(32)  NULL,
    created_at   DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at   DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY users_username (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE point_account (
    user_id    BIGINT      NOT NULL,
    balance    BIGINT      NOT NULL DEFAULT 0,
    version    BIGINT      NOT NULL DEFAULT 0,
    updated_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (user_id),
    CONSTRAINT point_account_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT point_account_not_negative CHECK (balance >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- `reference` names the cause ("charge:<event id>", "payment:<payment id>"): one history row per cause.
CREATE TABLE point_history (
    id            BIGINT       NOT NULL AUTO_INCREMENT,
    user_id       BIGINT       NOT NULL,
    amount        BIGINT       NOT NULL,
    balance_after BIGINT       NOT NULL,
    kind          ENUM('CHARGE','USE','REFUND','ADJUSTMENT') NOT NULL,
    reference     VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    created_at    DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY point_history_reference (reference),
    KEY point_history_user (user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE product (
    id         BIGINT       NOT NULL AUTO_INCREMENT,
    name       VARCHAR(200) NOT NULL,
    price      BIGINT       NOT NULL,
    version    BIGINT       NOT NULL DEFAULT 0,
    created_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    CONSTRAINT product_price_not_negative CHECK (price >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One slot by default; hot products spread their stock over several, so that one row lock is not the limit.
CREATE TABLE stock_slot (
    product_id BIGINT   NOT NULL,
    slot       SMALLINT NOT NULL,
    quantity   BIGINT   NOT NULL,
    PRIMARY KEY (product_id, slot),
    CONSTRAINT stock_slot_product FOREIGN KEY (product_id) REFERENCES product (id),
    CONSTRAINT stock_slot_not_negative CHECK (quantity >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE orders (
    id               BIGINT      NOT NULL AUTO_INCREMENT,
    user_id          BIGINT      NOT NULL,
    state            ENUM('WAITING','PAYING','COMPLETE','CANCELLED','EXPIRED') NOT NULL DEFAULT 'WAITING',
    total            BIGINT      NOT NULL,
    discount         BIGINT      NOT NULL DEFAULT 0,
    coupon_id        BIGINT      NULL,
    expires_at       DATETIME(6) NOT NULL,
    completed_at     DATETIME(6) NULL,
    cancel_requested BOOLEAN     NOT NULL DEFAULT FALSE,
    created_at       DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at       DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    KEY orders_state_completed (state, completed_at),
    KEY orders_state_expires (state, expires_at),
    KEY orders_user (user_id, id),
    CONSTRAINT orders_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT orders_amounts CHECK (total >= 0 AND discount >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_line (
    order_id   BIGINT   NOT NULL,
    line       SMALLINT NOT NULL,
    product_id BIGINT   NOT NULL,
    quantity   BIGINT   NOT NULL,
    unit_price BIGINT   NOT NULL,
    PRIMARY KEY (order_id, line),
    KEY order_line_product (product_id),
    CONSTRAINT order_line_order FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_line_quantity CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- live_order is the order while this payment counts for it, else NULL: at most one live payment per order.
CREATE TABLE payment (
    id          BIGINT       NOT NULL AUTO_INCREMENT,
    order_id    BIGINT       NULL,
    user_id     BIGINT       NULL,
    method      ENUM('POINTS','CARD','AUTHORIZATION') NOT NULL,
    merchant    VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    amount      BIGINT       NOT NULL,
    currency    CHAR(3)      CHARACTER SET ascii COLLATE ascii_bin NULL,
    reference   VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    state       ENUM('PENDING','SUCCEEDED','FAILED','UNKNOWN','REFUNDED') NOT NULL,
    reason      VARCHAR(191) NULL,
    gateway_key VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
    live_order  BIGINT GENERATED ALWAYS AS
                (CASE WHEN state IN ('PENDING','UNKNOWN','SUCCEEDED','REFUNDED') THEN order_id END) STORED,
    created_at  DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at  DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    UNIQUE KEY payment_live_order (live_order),
    KEY payment_state (state, updated_at),
    CONSTRAINT payment_amount CHECK (amount >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The IETF Idempotency-Key draft 07: the answer of a finished request, kept for a day. Keys are bytes: a text
-- column would take "k" and "k " for one (PAD SPACE).
CREATE TABLE idempotency_key (
    scope           VARBINARY(128) NOT NULL,
    idempotency_key VARBINARY(255) NOT NULL,
    request_hash    VARBINARY(32) NOT NULL,
    state           ENUM('IN_PROGRESS','DONE') NOT NULL,
    status          SMALLINT      NULL,
    body            MEDIUMBLOB    NULL,
    payment_id      BIGINT        NULL,
    created_at      DATETIME(6)   NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    expires_at      DATETIME(6)   NOT NULL,
    PRIMARY KEY (scope, idempotency_key),
    KEY idempotency_key_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
