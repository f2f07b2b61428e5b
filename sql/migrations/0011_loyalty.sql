-- Loyalty points. Given: `loyalty:<payment>` in the history; taken back with a refund: `loyalty-refund:<refund>`, of 0 or less.
ALTER TABLE point_history
    MODIFY kind ENUM('CHARGE','USE','REFUND','ADJUSTMENT','LOYALTY','LOYALTY_BACK') NOT NULL;

-- Each refund that the loyalty listener was told of. Its payment's refunds were `refunded_before` in all before it, and
-- `refunded_after` with it; `due` points were to go back, `taken` is what the account had. A refund that was told before its
-- payment has nothing due until that comes.
CREATE TABLE loyalty_refund (
    refund_id       BIGINT      NOT NULL,
    payment_id      BIGINT      NOT NULL,
    user_id         BIGINT      NOT NULL,
    refunded_before BIGINT      NOT NULL,
    refunded_after  BIGINT      NOT NULL,
    due             BIGINT      NOT NULL,
    taken           BIGINT      NOT NULL,
    updated_at      DATETIME(6) NOT NULL,
    PRIMARY KEY (refund_id),
    KEY loyalty_refund_payment (payment_id),
    CONSTRAINT loyalty_refund_amounts CHECK (taken >= 0 AND due >= taken)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
