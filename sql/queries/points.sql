-- name: insert_account
INSERT INTO point_account (user_id) VALUES (?)

-- The balance moves only from within the bounds which keep the result within its own; both are worked out by the
-- caller, so that no sum can overflow here. LAST_INSERT_ID(expression) hands the new balance back with the
-- server's answer to the UPDATE, which saves reading it while the row is locked; plus one, as 0 means no id.
-- name: change_balance
UPDATE point_account
SET balance = LAST_INSERT_ID(balance + ? + 1) - 1, version = version + 1, updated_at = UTC_TIMESTAMP(6)
WHERE user_id = ? AND balance BETWEEN ? AND ?

-- name: balance
SELECT balance FROM point_account WHERE user_id = ?

-- name: insert_history
INSERT INTO point_history (user_id, amount, balance_after, kind, reference, created_at) VALUES (?, ?, ?, ?, ?, ?)

-- name: history_page
SELECT id, kind, amount, balance_after, reference, created_at
FROM point_history
WHERE user_id = ? AND id < ?
ORDER BY id DESC
LIMIT ?
