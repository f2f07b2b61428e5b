-- What must hold between the tables at any commit, one check each. A row of a result is a violation: which thing, its id,
-- what the other tables say, and what was found.
--
-- Each check is one statement, so it sees one moment, and may run beside the living shop. It looks at a range of one
-- table (the `next_` statement of that table gives the ranges): each pair of `?` is the first and the last id of the
-- range, an odd one at the end the time since which no event was removed from the outbox. Within a range everything is
-- found by index or grouped once, so the work grows with the rows and no faster.

-- Stock is the sum of its history, less what live orders took, plus the goods that came back with refunds.
-- name: stock_identity
SELECT 'product' AS subject, CAST(p.id AS CHAR) AS id,
       CAST(COALESCE(a.quantity, 0) - COALESCE(l.quantity, 0) + COALESCE(r.quantity, 0) AS CHAR) AS expected,
       CAST(COALESCE(s.quantity, 0) AS CHAR) AS found
FROM product p
LEFT JOIN (SELECT product_id, SUM(quantity) AS quantity FROM stock_adjustment
           WHERE product_id BETWEEN ? AND ? GROUP BY product_id) a ON a.product_id = p.id
LEFT JOIN (SELECT product_id, SUM(quantity) AS quantity FROM stock_slot
           WHERE product_id BETWEEN ? AND ? GROUP BY product_id) s ON s.product_id = p.id
LEFT JOIN (SELECT line.product_id, SUM(line.quantity) AS quantity
           FROM order_line line JOIN orders o ON o.id = line.order_id
           WHERE line.product_id BETWEEN ? AND ? AND o.state IN ('WAITING', 'PAYING', 'COMPLETE')
           GROUP BY line.product_id) l ON l.product_id = p.id
LEFT JOIN (SELECT target_id, SUM(quantity) AS quantity FROM compensation
           WHERE target = 'RETURN' AND state = 'DONE' AND target_id BETWEEN ? AND ?
           GROUP BY target_id) r ON r.target_id = p.id
WHERE p.id BETWEEN ? AND ?
HAVING expected <> found;

-- name: stock_not_negative
SELECT 'stock_slot' AS subject, CONCAT(product_id, ':', slot) AS id, '0 or more' AS expected,
       CAST(quantity AS CHAR) AS found
FROM stock_slot
WHERE product_id BETWEEN ? AND ? AND quantity < 0;

-- name: points_balance
SELECT 'point_account' AS subject, CAST(a.user_id AS CHAR) AS id, CAST(COALESCE(h.total, 0) AS CHAR) AS expected,
       CAST(a.balance AS CHAR) AS found
FROM point_account a
LEFT JOIN (SELECT user_id, SUM(amount) AS total FROM point_history
           WHERE user_id BETWEEN ? AND ? GROUP BY user_id) h ON h.user_id = a.user_id
WHERE a.user_id BETWEEN ? AND ?
HAVING expected <> found;

-- Each row of a history says the sum up to it.
-- name: points_running
SELECT 'point_history' AS subject, CAST(h.id AS CHAR) AS id, CAST(h.total AS CHAR) AS expected,
       CAST(h.balance_after AS CHAR) AS found
FROM (SELECT id, balance_after, SUM(amount) OVER (PARTITION BY user_id ORDER BY id) AS total
      FROM point_history WHERE user_id BETWEEN ? AND ?) h
HAVING expected <> found;

-- What was taken from an account was taken by a payment.
-- name: points_used
SELECT 'point_history' AS subject, CAST(h.id AS CHAR) AS id,
       CONCAT('a payment of ', -h.amount, ' by user ', h.user_id) AS expected, h.reference AS found
FROM point_history h
LEFT JOIN payment p ON p.id = CAST(SUBSTRING(h.reference, 9) AS SIGNED) AND p.method = 'POINTS'
    AND p.user_id = h.user_id AND p.amount = -h.amount AND p.state IN ('SUCCEEDED', 'REFUNDED')
WHERE h.id BETWEEN ? AND ? AND h.kind = 'USE' AND (p.id IS NULL OR h.reference NOT LIKE 'payment:%');

-- name: points_paid
SELECT 'payment' AS subject, CAST(p.id AS CHAR) AS id,
       CONCAT('a use of ', p.amount, ' by user ', p.user_id) AS expected, 'none' AS found
FROM payment p
LEFT JOIN point_history h ON h.reference = CONCAT('payment:', p.id) AND h.kind = 'USE'
    AND h.user_id = p.user_id AND h.amount = -p.amount
WHERE p.id BETWEEN ? AND ? AND p.method = 'POINTS' AND p.state IN ('SUCCEEDED', 'REFUNDED') AND h.id IS NULL;

-- What came back to an account came with a refund of points.
-- name: points_refunded
SELECT 'point_history' AS subject, CAST(h.id AS CHAR) AS id,
       CONCAT('a refund of ', h.amount, ' to user ', h.user_id) AS expected, h.reference AS found
FROM point_history h
LEFT JOIN refund r ON r.id = CAST(SUBSTRING(h.reference, 8) AS SIGNED) AND r.amount = h.amount AND r.state = 'SUCCEEDED'
LEFT JOIN payment p ON p.id = r.payment_id AND p.method = 'POINTS' AND p.user_id = h.user_id
WHERE h.id BETWEEN ? AND ? AND h.kind = 'REFUND' AND (p.id IS NULL OR h.reference NOT LIKE 'refund:%');

-- name: refunds_of_points
SELECT 'refund' AS subject, CAST(r.id AS CHAR) AS id,
       CONCAT(r.amount, ' back to user ', p.user_id) AS expected, 'none' AS found
FROM refund r
JOIN payment p ON p.id = r.payment_id
LEFT JOIN point_history h ON h.reference = CONCAT('refund:', r.id) AND h.kind = 'REFUND'
    AND h.user_id = p.user_id AND h.amount = r.amount
WHERE r.id BETWEEN ? AND ? AND r.state = 'SUCCEEDED' AND p.method = 'POINTS' AND h.id IS NULL;

-- Loyalty points were given for a payment of an order, and never more than was paid.
-- name: points_loyal
SELECT 'point_history' AS subject, CAST(h.id AS CHAR) AS id,
       CONCAT('a payment by user ', h.user_id, ' of ', h.amount, ' or more') AS expected, h.reference AS found
FROM point_history h
LEFT JOIN payment p ON p.id = CAST(SUBSTRING(h.reference, 9) AS SIGNED) AND p.order_id IS NOT NULL
    AND p.user_id = h.user_id AND p.amount >= h.amount AND p.state IN ('SUCCEEDED', 'REFUNDED')
WHERE h.id BETWEEN ? AND ? AND h.kind = 'LOYALTY'
    AND (p.id IS NULL OR h.amount <= 0 OR h.reference <> CONCAT('loyalty:', p.id));

-- Those that were taken back went with a refund, and it knows how many.
-- name: points_loyal_back
SELECT 'point_history' AS subject, CAST(h.id AS CHAR) AS id,
       CONCAT(h.amount, ' with a refund of user ', h.user_id) AS expected,
       CONCAT(h.reference, COALESCE(CONCAT(' took ', l.taken), ' is unknown')) AS found
FROM point_history h
LEFT JOIN loyalty_refund l ON l.refund_id = CAST(SUBSTRING(h.reference, 16) AS SIGNED) AND l.user_id = h.user_id
WHERE h.id BETWEEN ? AND ? AND h.kind = 'LOYALTY_BACK'
    AND (l.refund_id IS NULL OR l.taken <> -h.amount OR h.reference <> CONCAT('loyalty-refund:', l.refund_id));

-- A refund takes back what it is due: of what was given, the share of the money that went back, in whole points that grow
-- with each refund. What it took stands in the history.
-- name: loyalty_refunded
SELECT 'loyalty_refund' AS subject, CAST(l.refund_id AS CHAR) AS id,
       CONCAT(COALESCE(CAST(g.amount AS DECIMAL(40)) * (p.amount - l.refunded_before) DIV p.amount
                       - CAST(g.amount AS DECIMAL(40)) * (p.amount - l.refunded_after) DIV p.amount, 0),
              ' due, ', l.taken, ' in the history') AS expected,
       CONCAT(l.due, ' due, ', COALESCE(-h.amount, 0), ' in the history') AS found
FROM (SELECT *, CONCAT('loyalty:', payment_id) AS given, CONCAT('loyalty-refund:', refund_id) AS back
      FROM loyalty_refund WHERE refund_id BETWEEN ? AND ?) l
LEFT JOIN payment p ON p.id = l.payment_id
LEFT JOIN point_history g ON g.reference = l.given AND g.kind = 'LOYALTY'
LEFT JOIN point_history h ON h.reference = l.back AND h.kind = 'LOYALTY_BACK' AND h.user_id = l.user_id
HAVING expected <> found;

-- name: loyalty_refund_made
SELECT 'loyalty_refund' AS subject, CAST(l.refund_id AS CHAR) AS id,
       CONCAT('a refund of ', l.refunded_after - l.refunded_before, ' of payment ', l.payment_id) AS expected,
       COALESCE(CONCAT(r.amount, ' of payment ', r.payment_id, ', ', r.state), 'none') AS found
FROM loyalty_refund l
LEFT JOIN refund r ON r.id = l.refund_id
WHERE l.refund_id BETWEEN ? AND ?
    AND NOT COALESCE(r.state = 'SUCCEEDED' AND r.payment_id = l.payment_id
                     AND r.amount = l.refunded_after - l.refunded_before, FALSE);

-- Issued means: there is the row of its holder, and the claim that won it. What was invalidated as over-issued counts for
-- neither.
-- name: coupon_counts
SELECT 'coupon' AS subject, CAST(c.id AS CHAR) AS id,
       CONCAT(c.issued, ' held, ', c.issued, ' claims won') AS expected,
       CONCAT(COALESCE(u.number, 0), ' held, ', COALESCE(w.number, 0) - COALESCE(v.number, 0), ' claims won') AS found
FROM coupon c
LEFT JOIN (SELECT coupon_id, SUM(NOT (state = 'INVALIDATED' AND COALESCE(reason, '') LIKE 'over-issued%')) AS number
           FROM user_coupon WHERE coupon_id BETWEEN ? AND ? GROUP BY coupon_id) u ON u.coupon_id = c.id
LEFT JOIN (SELECT coupon_id, COUNT(*) AS number FROM coupon_claim
           WHERE state = 'ISSUED' AND coupon_id BETWEEN ? AND ? GROUP BY coupon_id) w ON w.coupon_id = c.id
LEFT JOIN (SELECT s.coupon_id, COUNT(*) AS number
           FROM user_coupon s JOIN coupon_claim k ON k.coupon_id = s.coupon_id AND k.user_id = s.user_id
           WHERE s.coupon_id BETWEEN ? AND ? AND s.state = 'INVALIDATED' AND s.reason LIKE 'over-issued%'
               AND k.state = 'ISSUED'
           GROUP BY s.coupon_id) v ON v.coupon_id = c.id
WHERE c.id BETWEEN ? AND ?
HAVING expected <> found;

-- Whatever `issued` says: no more are held than there are.
-- name: coupon_over_issued
SELECT 'coupon' AS subject, CAST(c.id AS CHAR) AS id, CONCAT('at most ', c.total, ' held') AS expected,
       CONCAT(u.number, ' held') AS found
FROM coupon c
JOIN (SELECT coupon_id, SUM(NOT (state = 'INVALIDATED' AND COALESCE(reason, '') LIKE 'over-issued%')) AS number
      FROM user_coupon WHERE coupon_id BETWEEN ? AND ? GROUP BY coupon_id) u ON u.coupon_id = c.id
WHERE c.id BETWEEN ? AND ? AND u.number > c.total;

-- name: coupon_within_total
SELECT 'coupon' AS subject, CAST(id AS CHAR) AS id, CONCAT('at most ', total, ' issued') AS expected,
       CONCAT(issued, ' issued') AS found
FROM coupon
WHERE id BETWEEN ? AND ? AND (issued > total OR issued < 0);

-- A claim has won if and only if its user holds the coupon; of one that was over-issued it does not matter.
-- name: coupon_claim_winner
SELECT 'coupon_claim' AS subject, CAST(k.id AS CHAR) AS id,
       CASE WHEN u.id IS NULL THEN CONCAT('coupon ', k.coupon_id, ' held by user ', k.user_id)
            ELSE 'ISSUED' END AS expected,
       CASE WHEN u.id IS NULL THEN 'none' ELSE k.state END AS found
FROM coupon_claim k
LEFT JOIN user_coupon u ON u.coupon_id = k.coupon_id AND u.user_id = k.user_id
WHERE k.id BETWEEN ? AND ? AND (k.state = 'ISSUED') <> (u.id IS NOT NULL)
    AND NOT COALESCE(u.state = 'INVALIDATED' AND u.reason LIKE 'over-issued%', FALSE);

-- name: coupon_holder_claimed
SELECT 'user_coupon' AS subject, CAST(u.id AS CHAR) AS id,
       CONCAT('a claim of coupon ', u.coupon_id, ' by user ', u.user_id) AS expected, 'none' AS found
FROM user_coupon u
LEFT JOIN coupon_claim k ON k.coupon_id = u.coupon_id AND k.user_id = u.user_id
WHERE u.id BETWEEN ? AND ? AND k.id IS NULL
    AND NOT (u.state = 'INVALIDATED' AND COALESCE(u.reason, '') LIKE 'over-issued%');

-- Nobody is told "sold out" of a coupon that is left.
-- name: coupon_sold_out
SELECT 'coupon' AS subject, CAST(c.id AS CHAR) AS id, CONCAT(c.total, ' issued') AS expected,
       CONCAT(c.issued, ' issued, ', COUNT(*), ' claims sold out') AS found
FROM coupon c
JOIN coupon_claim k ON k.state = 'SOLD_OUT' AND k.coupon_id = c.id
WHERE c.id BETWEEN ? AND ? AND c.issued < c.total
GROUP BY c.id, c.total, c.issued;

-- Who came first won first. Ids are given before the commit, so the order of two claims is certain only if one was
-- committed before the other began: ten seconds are longer than any claim takes.
-- name: coupon_order
SELECT 'coupon_claim' AS subject, CAST(k.id AS CHAR) AS id, CONCAT('ISSUED before claim ', w.last) AS expected,
       k.state AS found
FROM (SELECT coupon_id, MAX(id) AS last FROM coupon_claim
      WHERE state = 'ISSUED' AND coupon_id BETWEEN ? AND ? GROUP BY coupon_id) w
JOIN coupon_claim winner ON winner.id = w.last
JOIN coupon_claim k ON k.state IN ('WAITING', 'SOLD_OUT') AND k.coupon_id = w.coupon_id AND k.id < w.last
WHERE k.created_at < winner.created_at - INTERVAL 10 SECOND;

-- A used coupon belongs to a live order that names it.
-- name: coupon_used
SELECT 'user_coupon' AS subject, CAST(u.id AS CHAR) AS id,
       CONCAT('a live order of user ', u.user_id, ' with coupon ', u.coupon_id) AS expected,
       COALESCE(CONCAT('order ', u.order_id, ' ', COALESCE(o.state, 'missing')), 'no order') AS found
FROM user_coupon u
LEFT JOIN orders o ON o.id = u.order_id
WHERE u.id BETWEEN ? AND ? AND u.state = 'USED'
    AND NOT COALESCE(o.state IN ('WAITING', 'PAYING', 'COMPLETE') AND o.coupon_id = u.coupon_id
                     AND o.user_id = u.user_id, FALSE);

-- A live order has the coupon that it names, unless that was given back with a full refund. An operator may have
-- invalidated it meanwhile.
-- name: order_coupon
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id, CONCAT('coupon ', o.coupon_id, ' USED') AS expected,
       'none' AS found
FROM orders o
LEFT JOIN user_coupon u ON u.order_id = o.id AND u.coupon_id = o.coupon_id AND u.state IN ('USED', 'INVALIDATED')
LEFT JOIN compensation b ON b.order_id = o.id AND b.target = 'COUPON'
WHERE o.id BETWEEN ? AND ? AND o.coupon_id IS NOT NULL AND o.state IN ('WAITING', 'PAYING', 'COMPLETE')
    AND u.id IS NULL AND b.order_id IS NULL;

-- name: order_total
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id, CAST(COALESCE(l.total, 0) AS CHAR) AS expected,
       CAST(o.total + o.discount AS CHAR) AS found
FROM orders o
LEFT JOIN (SELECT order_id, SUM(quantity * unit_price) AS total FROM order_line
           WHERE order_id BETWEEN ? AND ? GROUP BY order_id) l ON l.order_id = o.id
WHERE o.id BETWEEN ? AND ?
HAVING expected <> found;

-- An order is complete if and only if it is paid, once and in full; and being paid if and only if a payment is under way.
-- name: order_payment
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id,
       CASE o.state WHEN 'COMPLETE' THEN CONCAT('COMPLETE: paid ', o.total, ', once, 0 under way')
                    WHEN 'PAYING' THEN 'PAYING: paid 0, 1 under way'
                    ELSE CONCAT(o.state, ': paid 0, 0 under way') END AS expected,
       CONCAT(o.state, ': paid ', COALESCE(p.amount, 0),
              CASE COALESCE(p.paid, 0) WHEN 0 THEN '' WHEN 1 THEN ', once' ELSE ', more than once' END,
              ', ', COALESCE(p.pending, 0), ' under way') AS found
FROM orders o
LEFT JOIN (SELECT order_id, SUM(state IN ('SUCCEEDED', 'REFUNDED')) AS paid, SUM(state IN ('PENDING', 'UNKNOWN')) AS pending,
                  SUM(CASE WHEN state IN ('SUCCEEDED', 'REFUNDED') THEN amount ELSE 0 END) AS amount
           FROM payment WHERE order_id BETWEEN ? AND ? GROUP BY order_id) p ON p.order_id = o.id
WHERE o.id BETWEEN ? AND ? AND o.state NOT IN ('CANCELLED', 'EXPIRED')
HAVING expected <> found;

-- What was paid for a cancelled or expired order goes back, all of it.
-- name: cancelled_payment
SELECT 'payment' AS subject, CAST(p.id AS CHAR) AS id, CONCAT(p.amount, ' refunded or on its way back') AS expected,
       CONCAT(p.state, ', ', p.refunded, ' refunded') AS found
FROM orders o
JOIN payment p ON p.order_id = o.id
WHERE o.id BETWEEN ? AND ? AND o.state IN ('CANCELLED', 'EXPIRED') AND p.state <> 'FAILED'
    AND (p.state IN ('PENDING', 'UNKNOWN') OR p.refunded <> p.amount);

-- name: payment_refunded
SELECT 'payment' AS subject, CAST(p.id AS CHAR) AS id, CAST(COALESCE(r.total, 0) AS CHAR) AS expected,
       CAST(p.refunded AS CHAR) AS found
FROM payment p
LEFT JOIN (SELECT payment_id, SUM(amount) AS total FROM refund
           WHERE payment_id BETWEEN ? AND ? AND state <> 'FAILED' GROUP BY payment_id) r ON r.payment_id = p.id
WHERE p.id BETWEEN ? AND ?
HAVING expected <> found;

-- A payment is refunded once all of it has gone back. One that had failed stays so.
-- name: payment_refunded_state
SELECT 'payment' AS subject, CAST(p.id AS CHAR) AS id,
       CASE WHEN r.number > 0 AND r.total = p.amount THEN 'REFUNDED' ELSE 'SUCCEEDED' END AS expected,
       p.state AS found
FROM payment p
LEFT JOIN (SELECT payment_id, COUNT(*) AS number, SUM(amount) AS total FROM refund
           WHERE payment_id BETWEEN ? AND ? AND state = 'SUCCEEDED' GROUP BY payment_id) r ON r.payment_id = p.id
WHERE p.id BETWEEN ? AND ? AND p.state IN ('SUCCEEDED', 'REFUNDED')
HAVING expected <> found;

-- A cancelled or expired order gave back the stock of each line, once.
-- name: order_stock_returned
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id,
       CONCAT(l.quantity, ' of product ', l.product_id, ' given back, once') AS expected,
       CONCAT(COALESCE(SUM(c.quantity), 0), ' in ', COUNT(c.order_id), ' compensations') AS found
FROM orders o
JOIN order_line l ON l.order_id = o.id
LEFT JOIN compensation c ON c.order_id = o.id AND c.target = 'STOCK' AND c.target_id = l.product_id AND c.state = 'DONE'
WHERE o.id BETWEEN ? AND ? AND o.state IN ('CANCELLED', 'EXPIRED')
GROUP BY o.id, l.line, l.product_id, l.quantity
HAVING COUNT(c.order_id) <> 1 OR SUM(c.quantity) <> l.quantity;

-- name: order_coupon_returned
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id, CONCAT('coupon ', o.coupon_id, ' given back, once') AS expected,
       CONCAT(COUNT(c.order_id), ' compensations') AS found
FROM orders o
LEFT JOIN compensation c ON c.order_id = o.id AND c.target = 'COUPON' AND c.target_id = o.coupon_id AND c.state = 'DONE'
WHERE o.id BETWEEN ? AND ? AND o.state IN ('CANCELLED', 'EXPIRED') AND o.coupon_id IS NOT NULL
GROUP BY o.id, o.coupon_id
HAVING COUNT(c.order_id) <> 1;

-- Nothing else is given back: not what a live order holds (but its coupon, with a full refund), nor what it never had.
-- name: compensation_due
SELECT 'compensation' AS subject, c.compensation_key AS id, 'none' AS expected,
       CONCAT(c.target, ' ', c.target_id, ' of an order that is ', COALESCE(o.state, 'missing')) AS found
FROM compensation c
LEFT JOIN orders o ON o.id = c.order_id
LEFT JOIN order_line l ON l.order_id = c.order_id AND l.product_id = c.target_id
LEFT JOIN payment p ON p.live_order = c.order_id AND p.state = 'REFUNDED'
WHERE c.order_id BETWEEN ? AND ?
    AND NOT COALESCE(CASE c.target
                     WHEN 'STOCK' THEN o.state IN ('CANCELLED', 'EXPIRED') AND l.order_id IS NOT NULL
                     WHEN 'RETURN' THEN l.order_id IS NOT NULL
                     WHEN 'COUPON' THEN o.coupon_id = c.target_id
                         AND (o.state IN ('CANCELLED', 'EXPIRED') OR p.id IS NOT NULL)
                     ELSE TRUE END, FALSE);

-- Done once all of the money went back, be it by another refund because the gateway declined the first.
-- name: compensation_refund
SELECT 'compensation' AS subject, c.compensation_key AS id,
       CASE WHEN SUM(CASE WHEN r.state = 'SUCCEEDED' THEN r.amount ELSE 0 END) >= p.amount THEN '1 refund, DONE'
            ELSE '1 refund, PENDING' END AS expected,
       CONCAT(COALESCE(SUM(r.origin = 'COMPENSATION'), 0), ' refund, ', c.state) AS found
FROM compensation c
LEFT JOIN payment p ON p.id = c.target_id
LEFT JOIN refund r ON r.payment_id = c.target_id
WHERE c.order_id BETWEEN ? AND ? AND c.target = 'REFUND'
GROUP BY c.compensation_key, c.state, p.amount
HAVING expected <> found;

-- name: refund_compensation
SELECT 'refund' AS subject, CAST(r.id AS CHAR) AS id, CONCAT('a compensation for payment ', r.payment_id) AS expected,
       'none' AS found
FROM refund r
LEFT JOIN compensation c ON c.order_id = r.order_id AND c.target = 'REFUND' AND c.target_id = r.payment_id
WHERE r.id BETWEEN ? AND ? AND r.origin = 'COMPENSATION' AND c.order_id IS NULL;

-- The goods that refunds take back are in stock again, and are not more than were bought.
-- name: order_goods_returned
SELECT 'order' AS subject, CAST(t.order_id AS CHAR) AS id,
       CONCAT(SUM(t.refunded), ' of product ', t.product_id, ' given back, of ', SUM(t.bought)) AS expected,
       CAST(SUM(t.returned) AS CHAR) AS found
FROM (SELECT p.order_id, l.product_id, l.quantity AS refunded, 0 AS returned, 0 AS bought
      FROM payment p JOIN refund r ON r.payment_id = p.id AND r.state = 'SUCCEEDED' JOIN refund_line l ON l.refund_id = r.id
      WHERE p.order_id BETWEEN ? AND ?
      UNION ALL
      SELECT order_id, target_id, 0, quantity, 0 FROM compensation
      WHERE order_id BETWEEN ? AND ? AND target = 'RETURN' AND state = 'DONE'
      UNION ALL
      SELECT order_id, product_id, 0, 0, quantity FROM order_line WHERE order_id BETWEEN ? AND ?) t
GROUP BY t.order_id, t.product_id
HAVING SUM(t.returned) <> SUM(t.refunded) OR SUM(t.returned) > SUM(t.bought);

-- name: order_events
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id,
       CONCAT('1 OrderPlaced, ', o.state = 'COMPLETE', ' PaymentCompleted, ', o.state = 'CANCELLED',
              ' OrderCancelled, ', o.state = 'EXPIRED', ' OrderExpired') AS expected,
       CONCAT(COALESCE(SUM(e.type = 'OrderPlaced'), 0), ' OrderPlaced, ',
              COALESCE(SUM(e.type = 'PaymentCompleted'), 0), ' PaymentCompleted, ',
              COALESCE(SUM(e.type = 'OrderCancelled'), 0), ' OrderCancelled, ',
              COALESCE(SUM(e.type = 'OrderExpired'), 0), ' OrderExpired') AS found
FROM orders o
LEFT JOIN outbox_event e ON e.aggregate_type = 'order' AND e.aggregate_id = CAST(o.id AS CHAR)
WHERE o.id BETWEEN ? AND ? AND o.created_at >= ?
GROUP BY o.id, o.state
HAVING expected <> found;

-- name: payment_events
SELECT 'order' AS subject, CAST(o.id AS CHAR) AS id,
       CONCAT(COALESCE(p.failed, 0), ' PaymentFailed, ', COALESCE(r.refunds, 0), ' PaymentRefunded') AS expected,
       CONCAT(COALESCE(SUM(e.type = 'PaymentFailed'), 0), ' PaymentFailed, ',
              COALESCE(SUM(e.type = 'PaymentRefunded'), 0), ' PaymentRefunded') AS found
FROM orders o
LEFT JOIN (SELECT order_id, SUM(state = 'FAILED') AS failed FROM payment
           WHERE order_id BETWEEN ? AND ? GROUP BY order_id) p ON p.order_id = o.id
LEFT JOIN (SELECT paid.order_id, COUNT(*) AS refunds
           FROM payment paid JOIN refund back ON back.payment_id = paid.id AND back.state = 'SUCCEEDED'
           WHERE paid.order_id BETWEEN ? AND ? GROUP BY paid.order_id) r ON r.order_id = o.id
LEFT JOIN outbox_event e ON e.aggregate_type = 'order' AND e.aggregate_id = CAST(o.id AS CHAR)
WHERE o.id BETWEEN ? AND ? AND o.created_at >= ?
GROUP BY o.id, p.failed, r.refunds
HAVING expected <> found;

-- name: coupon_events
SELECT 'coupon' AS subject, CAST(c.id AS CHAR) AS id, CONCAT(c.issued, ' CouponIssued') AS expected,
       CONCAT(COUNT(e.id), ' CouponIssued') AS found
FROM coupon c
LEFT JOIN outbox_event e ON e.aggregate_type = 'coupon' AND e.aggregate_id = CAST(c.id AS CHAR) AND e.type = 'CouponIssued'
WHERE c.id BETWEEN ? AND ? AND c.created_at >= ?
GROUP BY c.id, c.issued
HAVING expected <> found;

-- A charge is named after its event.
-- name: charge_events
SELECT 'point_history' AS subject, CAST(h.id AS CHAR) AS id,
       CONCAT('PointsCharged of user ', h.user_id) AS expected, h.reference AS found
FROM point_history h
LEFT JOIN outbox_event e ON e.event_id = UNHEX(REPLACE(SUBSTRING(h.reference, 8), '-', ''))
    AND e.aggregate_type = 'point_account' AND e.aggregate_id = CAST(h.user_id AS CHAR) AND e.type = 'PointsCharged'
WHERE h.id BETWEEN ? AND ? AND h.kind = 'CHARGE' AND e.id IS NULL AND h.created_at >= ?;

-- The last id of the next range of a table: after `?`, at most `?` rows. NULL at the end of the table.

-- name: next_account
SELECT MAX(user_id) FROM (SELECT user_id FROM point_account WHERE user_id > ? ORDER BY user_id LIMIT ?) t;

-- name: next_history
SELECT MAX(id) FROM (SELECT id FROM point_history WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_product
SELECT MAX(id) FROM (SELECT id FROM product WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_coupon
SELECT MAX(id) FROM (SELECT id FROM coupon WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_claim
SELECT MAX(id) FROM (SELECT id FROM coupon_claim WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_user_coupon
SELECT MAX(id) FROM (SELECT id FROM user_coupon WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_order
SELECT MAX(id) FROM (SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_payment
SELECT MAX(id) FROM (SELECT id FROM payment WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_refund
SELECT MAX(id) FROM (SELECT id FROM refund WHERE id > ? ORDER BY id LIMIT ?) t;

-- name: next_loyalty_refund
SELECT MAX(refund_id) FROM (SELECT refund_id FROM loyalty_refund WHERE refund_id > ? ORDER BY refund_id LIMIT ?) t;
