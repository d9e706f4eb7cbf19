-- A mail that a rule warned about, for a list of them.
SELECT m.id, m.first_time, f.name AS fate, CASE WHEN sa.text = '' THEN '<>' ELSE sa.text END AS sender,
  (SELECT group_concat(t, ' ') FROM (SELECT DISTINCT ad.text AS t FROM fact_recipient r JOIN address ad ON ad.id = r.shown
   WHERE r.mail = m.id ORDER BY 1)) AS recipients,
  so.name AS source, c.ip, e.name AS spf, m.attempts
FROM fact_mail m
JOIN fate f ON f.id = (SELECT min(r.fate) FROM fact_recipient r
  WHERE r.mail = m.id AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule))
JOIN client c ON c.id = m.client
JOIN dim_source so ON so.id = c.source
JOIN evidence e ON e.id = m.spf
LEFT JOIN address sa ON sa.id = m.sender
WHERE m.id = :mail
