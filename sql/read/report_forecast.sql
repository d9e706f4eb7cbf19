-- As plan_figures.sql, for a stretch that may end before the log does, by the word that decides: a rule's warning lines,
-- and its mails first tried in [:from, :to].
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
texts AS MATERIALIZED (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule),
line AS (
  SELECT coalesce(t.mail, a.tx, a.place) AS mail, sum(a.count) AS attempts
  FROM fact_attempt a LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
  WHERE a.place >= (SELECT min(place) FROM roll_place WHERE hour >= :from / 3600000000) AND a.time >= :from AND a.time <= :to
    AND a.line IN (SELECT id FROM dim_line WHERE flags & 17 = 1) AND a.text IN (SELECT id FROM texts)
  GROUP BY 1),
hit AS (
  SELECT m.sender, m.client, m.first_time >= :from AS fresh,
    m.first_time >= :from AND EXISTS (SELECT 1 FROM fact_recipient r
      WHERE r.mail = m.id AND r.fate <= 3 AND r.text IN (SELECT id FROM texts)) AS lost,
    l.attempts
  FROM line l CROSS JOIN fact_mail m ON m.id = l.mail
  WHERE :domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = m.sender), 0) IN own),
pair AS MATERIALIZED (
  SELECT sender, client, sum(attempts) AS attempts, sum(fresh) AS mails, sum(lost) AS lost FROM hit
  GROUP BY iif(EXISTS (SELECT 1 FROM human_verdict), sender, 0), iif(EXISTS (SELECT 1 FROM human_verdict), client, 0)),
clients AS MATERIALIZED (
  SELECT client, verdict FROM client_verdict WHERE EXISTS (SELECT 1 FROM human_verdict) AND +client IN (SELECT client FROM pair)),
senders AS MATERIALIZED (
  SELECT sender, own, domain FROM sender_verdict
  WHERE EXISTS (SELECT 1 FROM human_verdict) AND +sender IN (SELECT sender FROM pair)),
judged AS (
  SELECT p.*, coalesce(sv.own, cv.verdict, sv.domain) AS verdict
  FROM pair p LEFT JOIN clients cv ON cv.client = p.client LEFT JOIN senders sv ON sv.sender = p.sender)
SELECT coalesce(v.verdict, '') AS verdict, sum(j.attempts) AS attempts, sum(j.mails) AS mails, sum(j.lost) AS lost
FROM judged j LEFT JOIN human_verdict v ON v.id = j.verdict
GROUP BY 1
ORDER BY 1
