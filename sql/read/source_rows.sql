-- One row a source of a rule's mails, heaviest loss first; source_count.c and source_words.sql have the rest.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
days AS (
  SELECT rd.source, rd.day, sum(rd.mails) AS mails, sum(rd.lost) AS lost, sum(rd.attempts) AS attempts,
    min(rd.first_time) FILTER (WHERE rd.mails > 0) AS first_us, max(rd.last_time) FILTER (WHERE rd.mails > 0) AS last_us
  FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.source AND (:domain IS NULL OR rd.domain IN own)
  GROUP BY rd.source, rd.day),
sums AS (
  SELECT source, sum(mails) AS mails, sum(lost) AS lost, sum(attempts) AS attempts, min(first_us) AS first_us,
    max(last_us) AS last_us, sum(mails > 0) AS days_seen, sum(lost > 0) AS lossy_days,
    min(day) FILTER (WHERE mails > 0) AS first_day, max(day) FILTER (WHERE mails > 0) AS last_day
  FROM days GROUP BY source HAVING sum(mails) > 0),
said AS (
  SELECT e.source, sum(e.mails * (e.flags & 1)) AS tls, sum(e.mails * (e.flags >> 1 & 1)) AS listed,
    sum(e.mails * (e.flags >> 2 & 1)) AS logins
  FROM roll_evidence e
  WHERE e.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (:domain IS NULL OR e.domain IN own)
  GROUP BY e.source)
SELECT so.name AS source, s.source AS first, s.mails, s.lost, s.attempts, s.first_us, s.last_us, s.days_seen,
  s.lossy_days, coalesce(e.tls, 0) AS tls, coalesce(e.listed, 0) AS listed, coalesce(e.logins, 0) AS logins,
  s.first_day, s.last_day
FROM sums s
JOIN dim_source so ON so.id = s.source
LEFT JOIN said e ON e.source = s.source
ORDER BY s.lost DESC, s.mails DESC, so.name
