-- First-come coupons. `coupon.issued` counts the rows of user_coupon; coupon_claim is the durable queue in front: its id
-- is the order of arrival. Claims are inserted by the thousand a second while the drain holds the coupon's row, so
-- they have no foreign key on it (its check would lock that row); coupons and users are never deleted.

CREATE TABLE coupon (
    id         BIGINT       NOT NULL AUTO_INCREMENT,
    name       VARCHAR(200) NOT NULL,
    kind       ENUM('FIXED','PERCENT') NOT NULL,
    discount   BIGINT       NOT NULL,
    most       BIGINT       NULL,
    total      BIGINT       NOT NULL,
    issued     BIGINT       NOT NULL DEFAULT 0,
    version    BIGINT       NOT NULL DEFAULT 0,
    starts_at  DATETIME(6)  NOT NULL,
    ends_at    DATETIME(6)  NOT NULL,
    created_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    KEY coupon_end (ends_at),
    CONSTRAINT coupon_issued_within_total CHECK (issued >= 0 AND issued <= total),
    CONSTRAINT coupon_discount CHECK (discount > 0 AND (kind = 'FIXED' OR discount <= 100))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE coupon_claim (
    id         BIGINT      NOT NULL AUTO_INCREMENT,
    coupon_id  BIGINT      NOT NULL,
    user_id    BIGINT      NOT NULL,
    state      ENUM('WAITING','ISSUED','SOLD_OUT') NOT NULL DEFAULT 'WAITING',
    created_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    decided_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY coupon_claim_once (coupon_id, user_id),
    KEY coupon_claim_queue (state, coupon_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE user_coupon (
    id        BIGINT       NOT NULL AUTO_INCREMENT,
    coupon_id BIGINT       NOT NULL,
    user_id   BIGINT       NOT NULL,
    state     ENUM('AVAILABLE','USED','EXPIRED','INVALIDATED') NOT NULL DEFAULT 'AVAILABLE',
    reason    VARCHAR(191) NULL,
    order_id  BIGINT       NULL,
    issued_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    used_at   DATETIME(6)  NULL,
    PRIMARY KEY (id),
    UNIQUE KEY user_coupon_once (coupon_id, user_id),
    KEY user_coupon_user (user_id, id),
    KEY user_coupon_order (order_id),
    CONSTRAINT user_coupon_of FOREIGN KEY (coupon_id) REFERENCES coupon (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
