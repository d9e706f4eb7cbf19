-- SMTP clients of a source's mails under a rule, by the client of the mail's first try.
WITH q AS (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule) GROUP BY r.mail)
SELECT c.ip AS id, c.ip, min(c.name) AS name, count(*) AS mails, sum(f.loses) AS lost, max(m.last_time) AS last_us,
  coalesce((SELECT v.verdict FROM verdict v WHERE v.kind = 'ip' AND v.low = c.key), '') AS verdict
FROM q JOIN fact_mail m ON m.id = q.mail JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
JOIN fate f ON f.id = q.fate
WHERE so.name = :source
  AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
GROUP BY c.ip
ORDER BY lost DESC, mails DESC, 1
LIMIT :limit
