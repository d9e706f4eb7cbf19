-- Places of the action lines of a mail: of its transactions, each within 4 MiB of log from its first line.
WITH tx AS (SELECT :mail + 0 AS id UNION SELECT t.id FROM fact_transaction t WHERE t.mail = :mail + 0)
SELECT a.place FROM tx JOIN fact_attempt a ON a.place BETWEEN tx.id AND tx.id + 4194304 AND (a.tx = tx.id OR a.place = tx.id)
ORDER BY a.time, a.place LIMIT :limit
