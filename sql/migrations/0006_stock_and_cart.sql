-- Stock with a history, hot products, carts, and giving back what an order held.

-- Over how many slots the stock of a product is spread: 1, or more for products that many buy at once.
ALTER TABLE product ADD COLUMN stock_slots SMALLINT NOT NULL DEFAULT 1;

-- Every change of stock that is not an order's. Stock is, at any commit: the sum of this history, less what live
-- orders (WAITING, PAYING, COMPLETE) took, plus what refunds gave back.
CREATE TABLE stock_adjustment (
    id         BIGINT       NOT NULL AUTO_INCREMENT,
    product_id BIGINT       NOT NULL,
    quantity   BIGINT       NOT NULL,
    reason     VARCHAR(191) NOT NULL,
    made_by    VARCHAR(128) NOT NULL,
    created_at DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (id),
    KEY stock_adjustment_product (product_id, id),
    CONSTRAINT stock_adjustment_of FOREIGN KEY (product_id) REFERENCES product (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO stock_adjustment (product_id, quantity, reason, made_by)
SELECT p.id,
       (SELECT COALESCE(SUM(s.quantity), 0) FROM stock_slot s WHERE s.product_id = p.id)
           + (SELECT COALESCE(SUM(l.quantity), 0) FROM order_line l JOIN orders o ON o.id = l.order_id
              WHERE l.product_id = p.id AND o.state IN ('WAITING', 'PAYING', 'COMPLETE')),
       'first stock', 'migration'
FROM product p;

CREATE TABLE cart_item (
    user_id    BIGINT      NOT NULL,
    product_id BIGINT      NOT NULL,
    quantity   BIGINT      NOT NULL,
    updated_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (user_id, product_id),
    CONSTRAINT cart_item_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT cart_item_product FOREIGN KEY (product_id) REFERENCES product (id),
    CONSTRAINT cart_item_quantity CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What was given back, once per target: "order:7:stock:3", "order:7:coupon:5", "order:7:refund:9" (a payment),
-- "order:7:return:4:3" (goods of a refund). PENDING is a refund that the gateway has not confirmed.
CREATE TABLE compensation (
    compensation_key VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id         BIGINT       NOT NULL,
    target           ENUM('STOCK','COUPON','REFUND','RETURN') NOT NULL,
    target_id        BIGINT       NOT NULL,
    quantity         BIGINT       NULL,
    state            ENUM('PENDING','DONE') NOT NULL,
    created_at       DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at       DATETIME(6)  NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (compensation_key),
    KEY compensation_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
