-- A rule's warned mails, those read last first: of a source, a sender, a client or a recipient. They are walked from the
-- end, so that a few of many are found at once.
WITH sender AS (SELECT a.id FROM address a WHERE a.text = :sender),
spelt AS (SELECT s.sender AS id FROM (SELECT DISTINCT sender FROM roll_pair) s JOIN address a ON a.id = s.sender
  WHERE coalesce(a.fold, a.id) IN sender)
SELECT m.id, m.first_time, f.name AS fate, CASE WHEN sa.text = '' THEN '<>' ELSE sa.text END AS sender,
  (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT ad.text AS t FROM fact_recipient r JOIN address ad ON ad.id = r.shown
   WHERE r.mail = m.id ORDER BY 1)) AS recipients,
  so.name AS source, c.ip, e.name AS spf, m.attempts
FROM (SELECT w.*, (SELECT min(r.fate) FROM fact_recipient r WHERE r.mail = w.id
      AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)) AS fate
    FROM fact_mail w
    WHERE fate IS NOT NULL
      AND (:since IS NULL OR w.first_time >= :since) AND (:until IS NULL OR w.first_time < :until)
      AND (:source IS NULL OR w.client IN (SELECT c.id FROM client c JOIN dim_source so ON so.id = c.source WHERE so.name = :source))
      AND (:ip IS NULL OR w.client IN (SELECT c.id FROM client c WHERE c.ip = :ip))
      AND (:sender IS NULL OR w.sender IN spelt OR (:sender = '' AND w.sender IS NULL))
      AND (:recipient IS NULL OR EXISTS (SELECT 1 FROM fact_recipient r
        WHERE r.mail = w.id AND r.recipient IN (SELECT a.id FROM address a WHERE a.text = :recipient)))
    ORDER BY w.id DESC LIMIT :limit) m
JOIN client c ON c.id = m.client
JOIN dim_source so ON so.id = c.source
JOIN fate f ON f.id = m.fate
JOIN evidence e ON e.id = m.spf
LEFT JOIN address sa ON sa.id = m.sender
ORDER BY m.first_time DESC, m.id DESC
