-- Envelope senders of a rule's warned mails, of one source or of all, with the verdict on the address itself.
WITH q AS (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule) GROUP BY r.mail),
sums AS (SELECT coalesce(sa.fold, sa.id) AS fold, min(sa.text) AS sender, count(DISTINCT so.name) AS sources,
    count(DISTINCT c.ip) AS clients, count(*) AS mails, sum(f.loses) AS lost, max(m.last_time) AS last_us
  FROM q JOIN fact_mail m ON m.id = q.mail JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
  JOIN fate f ON f.id = q.fate LEFT JOIN address sa ON sa.id = m.sender
  WHERE (:source IS NULL OR so.name = :source)
    AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
  GROUP BY 1)
SELECT coalesce(fa.text, '') AS id, CASE WHEN s.sender = '' THEN '<>' ELSE s.sender END AS sender, s.sources, s.clients,
  s.mails, s.lost, s.last_us,
  coalesce((SELECT v.verdict FROM verdict v WHERE v.kind = 'sender' AND v.subject = fa.text), '') AS verdict
FROM sums s LEFT JOIN address fa ON fa.id = s.fold
ORDER BY s.lost DESC, s.mails DESC, 1
LIMIT :limit
