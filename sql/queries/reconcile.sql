-- What the repairs of the reconciliation read and write. Detection: audit.sql, and what stands here with it.

-- name: add_audit
INSERT INTO audit_log (actor, action, subject, detail, steps) VALUES (?, 'reconcile.repair', ?, ?, 1)

-- name: mark_repaired
UPDATE reconcile_finding SET verdict = 'REPAIRED', remedy = ?, audit_id = ? WHERE run_id = ? AND line = ?

-- Events older than the oldest that is there may have been removed; if the first ever is there, none was.
-- name: oldest_event
SELECT id, created_at FROM outbox_event ORDER BY id LIMIT 1

-- Points.

-- name: lock_account
SELECT balance FROM point_account WHERE user_id = ? FOR UPDATE

-- name: history_sum
SELECT CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM point_history WHERE user_id = ?

-- name: set_balance
UPDATE point_account SET balance = ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) WHERE user_id = ?

-- name: user_of_history
SELECT user_id FROM point_history WHERE id = ?

-- How many rows say another sum than that of the amounts up to them, and the lowest such sum.
-- name: wrong_sums
SELECT COUNT(*), CAST(COALESCE(MIN(total), 0) AS SIGNED)
FROM (SELECT balance_after, SUM(amount) OVER (ORDER BY id) AS total FROM point_history WHERE user_id = ?) h
WHERE balance_after <> total

-- name: set_sums
UPDATE point_history p
JOIN (SELECT id, SUM(amount) OVER (ORDER BY id) AS total FROM point_history WHERE user_id = ?) h ON h.id = p.id
SET p.balance_after = h.total
WHERE p.user_id = ? AND p.balance_after <> h.total

-- Stock. Whoever changes what stock is made of changes a slot in the same transaction, last: with the slots locked, the
-- committed rows are the whole of it.

-- name: lock_slots
SELECT slot, quantity FROM stock_slot WHERE product_id = ? ORDER BY slot FOR UPDATE

-- name: stock_of_history
SELECT CAST(COALESCE((SELECT SUM(quantity) FROM stock_adjustment WHERE product_id = ?), 0)
            - COALESCE((SELECT SUM(l.quantity) FROM order_line l JOIN orders o ON o.id = l.order_id
                        WHERE l.product_id = ? AND o.state IN ('WAITING', 'PAYING', 'COMPLETE')), 0)
            + COALESCE((SELECT SUM(quantity) FROM compensation
                        WHERE target = 'RETURN' AND state = 'DONE' AND target_id = ?), 0) AS SIGNED)

-- name: set_slot
UPDATE stock_slot SET quantity = ? WHERE product_id = ? AND slot = ?

-- Coupons.

-- name: lock_coupon
SELECT total, issued FROM coupon WHERE id = ? FOR UPDATE

-- name: coupon_figures
SELECT (SELECT COUNT(*) FROM user_coupon WHERE coupon_id = ?
            AND NOT (state = 'INVALIDATED' AND COALESCE(reason, '') LIKE 'over-issued%')),
       (SELECT COUNT(*) FROM coupon_claim k
        LEFT JOIN user_coupon s ON s.coupon_id = k.coupon_id AND s.user_id = k.user_id AND s.state = 'INVALIDATED'
            AND s.reason LIKE 'over-issued%'
        WHERE k.coupon_id = ? AND k.state = 'ISSUED' AND s.id IS NULL)

-- name: set_issued
UPDATE coupon SET issued = ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) WHERE id = ?

-- Those beyond the total, in the order of issue.
-- name: surplus
SELECT u.id, u.user_id, u.state
FROM (SELECT id, user_id, state, ROW_NUMBER() OVER (ORDER BY issued_at, id) AS place
      FROM user_coupon
      WHERE coupon_id = ? AND NOT (state = 'INVALIDATED' AND COALESCE(reason, '') LIKE 'over-issued%')) u
JOIN coupon c ON c.id = ? AND u.place > c.total
ORDER BY u.id

-- name: lock_user_coupon
SELECT state FROM user_coupon WHERE id = ? FOR UPDATE

-- name: invalidate
UPDATE user_coupon
SET state = 'INVALIDATED', reason = LEFT(CONCAT('over-issued', COALESCE(CONCAT(', ', reason), '')), 191)
WHERE id = ? AND state <> 'USED'

-- name: coupon_of_claim
SELECT coupon_id FROM coupon_claim WHERE id = ?

-- name: lock_claim
SELECT state, user_id FROM coupon_claim WHERE id = ? FOR UPDATE

-- name: holder
SELECT id FROM user_coupon WHERE coupon_id = ? AND user_id = ?

-- name: claim_won
UPDATE coupon_claim SET state = 'ISSUED', decided_at = COALESCE(decided_at, UTC_TIMESTAMP(6)) WHERE id = ?

-- name: used_coupon
SELECT order_id, coupon_id, user_id FROM user_coupon WHERE id = ?

-- Orders and payments.

-- name: live_payment
SELECT id FROM payment WHERE live_order = ?

-- name: completion_told
SELECT 1 FROM outbox_event WHERE aggregate_type = 'order' AND aggregate_id = ? AND type = 'PaymentCompleted' LIMIT 1

-- name: order_of_payment
SELECT order_id FROM payment WHERE id = ?

-- name: lock_order
SELECT state FROM orders WHERE id = ? FOR UPDATE

-- name: lock_payment
SELECT amount, refunded FROM payment WHERE id = ? FOR UPDATE

-- name: refunds_sum
SELECT CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM refund WHERE payment_id = ? AND state <> 'FAILED'

-- name: set_refunded
UPDATE payment SET refunded = ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ?

-- name: returned_rows
SELECT target, target_id, quantity FROM compensation WHERE order_id = ? AND target IN ('STOCK', 'COUPON')

-- Sales of hours that are closed, against the orders of the hour and what came back of them.

-- Up to when the ranking has worked everything off; NULL: it never ran.
-- name: ranked_up_to
SELECT MIN(up_to), UTC_TIMESTAMP(6) FROM consumer_progress WHERE handler = ? AND FIND_IN_SET(topic, ?)

-- name: ranking_letters
SELECT COUNT(*) FROM dead_letter WHERE handler = ?

-- `changed`: when the last of what is added up happened, by the database's clock; what changed after the time that is given is
-- left out. So is what is `waiting`, an order with an event that is held back: it will still be counted. NULL leaves nothing out.
-- name: sales_of_hour
SELECT t.product_id, CAST(SUM(t.expected) AS SIGNED) AS expected, CAST(SUM(t.found) AS SIGNED) AS found
FROM (SELECT product_id, 0 AS expected, quantity AS found, NULL AS changed, 0 AS waiting
      FROM product_sales WHERE bucket_hour = ?
      UNION ALL
      SELECT l.product_id, l.quantity, 0, o.updated_at, w.id IS NOT NULL
      FROM orders o
      JOIN order_line l ON l.order_id = o.id
      LEFT JOIN (SELECT DISTINCT e.aggregate_id AS id FROM outbox_held h JOIN outbox_event e ON e.id = h.id
                 WHERE e.aggregate_type = 'order') w ON w.id = CAST(o.id AS CHAR)
      WHERE o.state = 'COMPLETE' AND o.completed_at >= ? AND o.completed_at < ?
      UNION ALL
      SELECT b.product_id, -b.quantity, 0, r.updated_at, 0
      FROM orders o
      JOIN payment p ON p.order_id = o.id
      JOIN refund r ON r.payment_id = p.id AND r.state = 'SUCCEEDED'
      JOIN refund_line b ON b.refund_id = r.id
      WHERE o.state = 'COMPLETE' AND o.completed_at >= ? AND o.completed_at < ?) t
GROUP BY t.product_id
HAVING expected <> found AND (? IS NULL OR COALESCE(MAX(t.changed), '1970-01-01') <= ? AND MAX(t.waiting) = 0)
ORDER BY t.product_id

-- name: lock_hour
SELECT product_id FROM product_sales WHERE bucket_hour = ? ORDER BY product_id FOR UPDATE

-- What is counted by the repair is not to be counted again, however late its event comes.
-- name: mark_counted
INSERT IGNORE INTO processed_event (handler, event_id)
SELECT ?, e.event_id
FROM orders o
JOIN outbox_event e ON e.aggregate_type = 'order' AND e.aggregate_id = CAST(o.id AS CHAR)
    AND e.type IN ('PaymentCompleted', 'PaymentRefunded')
WHERE o.state = 'COMPLETE' AND o.completed_at >= ? AND o.completed_at < ?
ORDER BY e.event_id

-- name: set_sales
INSERT INTO product_sales (bucket_hour, product_id, quantity) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE quantity = VALUES(quantity)

-- The cache in front of coupons.

-- name: cached_coupons
SELECT id, issued >= total, version FROM coupon
WHERE ends_at > UTC_TIMESTAMP(6) - INTERVAL 1 DAY AND id > ? ORDER BY id LIMIT ?

-- A JSON array of users: those who have a claim.
-- name: claimants_among
SELECT k.user_id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) asked
STRAIGHT_JOIN coupon_claim k ON k.coupon_id = ? AND k.user_id = asked.id

-- name: claimants_page
SELECT user_id FROM coupon_claim WHERE coupon_id = ? AND user_id > ? ORDER BY user_id LIMIT ?

-- name: coupon_now
SELECT issued >= total, version FROM coupon WHERE id = ?

-- The gateway's ledger. Keys begin with the time of their making, so their index is the order of time; nothing else has one.

-- A failed payment that is owed is on its way back already.
-- name: settled_payments
SELECT p.id, p.gateway_key, p.state
FROM payment p
WHERE p.gateway_key > ? AND p.amount > 0
    AND (p.state IN ('SUCCEEDED', 'REFUNDED')
         OR p.state = 'FAILED' AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = p.id AND r.origin = 'COMPENSATION'))
ORDER BY p.gateway_key
LIMIT ?

-- name: settled_refunds
SELECT id, gateway_key, state
FROM refund
WHERE gateway_key > ? AND amount > 0 AND state IN ('SUCCEEDED', 'FAILED')
ORDER BY gateway_key
LIMIT ?

-- name: payment_now
SELECT p.state, EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = p.id AND r.origin = 'COMPENSATION')
FROM payment p WHERE p.id = ?

-- name: refund_now
SELECT state FROM refund WHERE id = ?

-- Whether the lane's owner has yet to send it once more.
-- name: is_ordered
SELECT c.id
FROM outbox_event e
JOIN outbox_command c ON c.state = 'PENDING' AND c.lane = (CRC32(e.order_key) & 15) AND c.kind = 'REPUBLISH'
    AND e.id BETWEEN c.event AND c.up_to
WHERE e.id = ?
LIMIT 1
