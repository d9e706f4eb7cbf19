-- A rule's warned mails, the newest first: of a source, a sender, a client or a recipient.
WITH q AS (SELECT r.mail, min(r.fate) AS fate, max(fa.text = :recipient) AS has FROM fact_recipient r
  LEFT JOIN address fa ON fa.id = r.recipient
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule) GROUP BY r.mail)
SELECT m.id, m.first_time, f.name AS fate, CASE WHEN sa.text = '' THEN '<>' ELSE sa.text END AS sender,
  (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT ad.text AS t FROM fact_recipient r JOIN address ad ON ad.id = r.shown
   WHERE r.mail = m.id ORDER BY 1)) AS recipients,
  so.name AS source, c.ip, e.name AS spf, m.attempts
FROM q JOIN fact_mail m ON m.id = q.mail JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
JOIN fate f ON f.id = q.fate JOIN evidence e ON e.id = m.spf LEFT JOIN address sa ON sa.id = m.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
  AND (:source IS NULL OR so.name = :source) AND (:ip IS NULL OR c.ip = :ip)
  AND (:sender IS NULL OR coalesce(fa.text, '') = :sender) AND (:recipient IS NULL OR q.has)
ORDER BY m.first_time DESC, m.id DESC
LIMIT :limit
