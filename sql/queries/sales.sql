-- A JSON array of [hour, product, quantity] in ascending order, so that two who add the same ones wait instead of
-- deadlocking.
-- name: add_sales
INSERT INTO product_sales (bucket_hour, product_id, quantity)
SELECT s.bucket_hour, s.product_id, s.sold
FROM JSON_TABLE(?, '$[*]' COLUMNS (
         bucket_hour VARCHAR(19) PATH '$[0]',
         product_id BIGINT PATH '$[1]',
         sold BIGINT PATH '$[2]')) s
ON DUPLICATE KEY UPDATE quantity = product_sales.quantity + VALUES(quantity)

-- One row at least, for its times. All of it is one snapshot: sales are committed before the progress that speaks of them.
-- name: best_sellers
SELECT UTC_TIMESTAMP(6), progress.up_to, best.product_id, p.name, p.price,
       (SELECT CAST(COALESCE(SUM(s.quantity), 0) AS SIGNED) FROM stock_slot s WHERE s.product_id = best.product_id),
       best.sold
FROM (SELECT MIN(up_to) AS up_to FROM consumer_progress WHERE handler = ? AND FIND_IN_SET(topic, ?)) progress
LEFT JOIN (SELECT product_id, CAST(SUM(quantity) AS SIGNED) AS sold
           FROM product_sales
           WHERE bucket_hour BETWEEN ? AND ?
           GROUP BY product_id
           HAVING SUM(quantity) > 0
           ORDER BY SUM(quantity) DESC, product_id
           LIMIT ?) best ON TRUE
LEFT JOIN product p ON p.id = best.product_id
ORDER BY best.sold DESC, best.product_id
