-- People who got a rule's warned mails, of one source or of all, and how many they would lose.
WITH p AS (SELECT r.mail, r.recipient, min(r.shown) AS shown, min(r.fate) AS fate FROM fact_recipient r
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY r.mail, r.recipient)
SELECT coalesce(ra.text, '') AS id, coalesce(sh.text, '(all of a mail)') AS recipient, count(DISTINCT so.name) AS sources,
  count(*) AS mails, sum(f.loses) AS lost, max(m.last_time) AS last_us, group_concat(DISTINCT f.name) AS fates
FROM p JOIN fact_mail m ON m.id = p.mail JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
JOIN fate f ON f.id = p.fate LEFT JOIN address ra ON ra.id = p.recipient LEFT JOIN address sh ON sh.id = p.shown
WHERE (:source IS NULL OR so.name = :source)
  AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
GROUP BY p.recipient
ORDER BY lost DESC, mails DESC, 1
LIMIT :limit
