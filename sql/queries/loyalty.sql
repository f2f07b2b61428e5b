-- Lists come as JSON arrays of ids in ascending order, so that two who lock the same rows wait instead of deadlocking.

-- What the shop knows of the payments that events name; the account is missing if its user is.
-- name: payments
SELECT p.id, p.order_id, p.user_id, p.amount, p.state IN ('SUCCEEDED', 'REFUNDED'), a.user_id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
STRAIGHT_JOIN payment p ON p.id = wanted.id
LEFT JOIN point_account a ON a.user_id = p.user_id

-- name: refunds
SELECT r.id, r.payment_id, r.amount
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
STRAIGHT_JOIN refund r ON r.id = wanted.id AND r.state = 'SUCCEEDED'

-- name: lock_accounts
SELECT a.user_id, a.balance
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
STRAIGHT_JOIN point_account a ON a.user_id = wanted.id
FOR UPDATE

-- Under the locks of the accounts: what was given for these payments, ...
-- name: given
SELECT wanted.id, h.amount
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
STRAIGHT_JOIN point_history h ON h.reference = CONCAT('loyalty:', wanted.id)

-- ... and which of their refunds were worked off.
-- name: booked_refunds
SELECT l.payment_id, l.refund_id, l.refunded_before, l.refunded_after, l.due, l.taken
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) wanted
STRAIGHT_JOIN loyalty_refund l ON l.payment_id = wanted.id

-- A JSON array of [user, amount]; the accounts are locked.
-- name: change_balances
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]', amount BIGINT PATH '$[1]')) c
STRAIGHT_JOIN point_account a ON a.user_id = c.user_id
SET a.balance = a.balance + c.amount, a.version = a.version + 1, a.updated_at = UTC_TIMESTAMP(6)

-- A JSON array of [user, amount, balance afterwards, kind, reference], in the order of the changes.
-- name: add_history
INSERT INTO point_history (user_id, amount, balance_after, kind, reference, created_at)
SELECT h.user_id, h.amount, h.balance_after, h.kind, h.reference, ?
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         place FOR ORDINALITY,
         user_id BIGINT PATH '$[0]',
         amount BIGINT PATH '$[1]',
         balance_after BIGINT PATH '$[2]',
         kind VARCHAR(16) PATH '$[3]',
         reference VARCHAR(191) PATH '$[4]')) h
ORDER BY h.place

-- A JSON array of [refund, payment, user, refunded before, after, due, taken].
-- name: book_refunds
INSERT INTO loyalty_refund (refund_id, payment_id, user_id, refunded_before, refunded_after, due, taken, updated_at)
SELECT l.refund_id, l.payment_id, l.user_id, l.refunded_before, l.refunded_after, l.due, l.taken, UTC_TIMESTAMP(6)
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         refund_id BIGINT PATH '$[0]',
         payment_id BIGINT PATH '$[1]',
         user_id BIGINT PATH '$[2]',
         refunded_before BIGINT PATH '$[3]',
         refunded_after BIGINT PATH '$[4]',
         due BIGINT PATH '$[5]',
         taken BIGINT PATH '$[6]')) l
ON DUPLICATE KEY UPDATE due = VALUES(due), taken = VALUES(taken), updated_at = VALUES(updated_at)
