-- Would-be-lost mails of each source by the verdict that counts for them; without one: null. A sender and a client of
-- many mails are judged once, as the view mail_verdict judges each mail.
WITH
chosen AS MATERIALIZED (
  SELECT m.id, m.sender, m.client, so.name AS source
  FROM (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
        WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
        GROUP BY r.mail) q
  JOIN fact_mail m ON m.id = q.mail
  JOIN client c ON c.id = m.client
  JOIN dim_source so ON so.id = c.source
  JOIN fate f ON f.id = q.fate
  LEFT JOIN address sa ON sa.id = m.sender
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE f.loses AND (:source IS NULL OR so.name = :source)
    AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
    AND (:domain IS NULL OR d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
      OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = ''))),
judged AS MATERIALIZED (
  SELECT w.source, w.n, (SELECT mv.verdict FROM mail_verdict mv WHERE mv.mail = w.id) AS verdict
  FROM (SELECT source, min(id) AS id, count(*) AS n FROM chosen GROUP BY source, sender, client) w)
SELECT j.source, v.verdict, v.id, sum(j.n) AS lost
FROM judged j LEFT JOIN human_verdict v ON v.id = j.verdict
GROUP BY j.source, v.id
