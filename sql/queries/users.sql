-- name: insert_user
INSERT INTO users (username, email, phone_number, created_at, updated_at) VALUES (?, ?, ?, ?, ?)

-- name: user_exists
SELECT 1 FROM users WHERE id = ?

-- name: user_by_id
SELECT id, username, email, phone_number, created_at FROM users WHERE id = ?
