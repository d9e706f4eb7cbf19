-- One row a source of a rule's mails, heaviest loss first; source_words.sql and source_verdicts.sql have the rest.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
sums AS (
  SELECT (SELECT so.name FROM dim_source so WHERE so.id = rd.source) AS source, sum(rd.mails) AS mails, sum(rd.lost) AS lost, sum(rd.attempts) AS attempts,
    min(rd.first_time) FILTER (WHERE rd.mails > 0) AS first_us, max(rd.last_time) FILTER (WHERE rd.mails > 0) AS last_us,
    count(DISTINCT CASE WHEN rd.mails > 0 THEN rd.day END) AS days_seen,
    count(DISTINCT CASE WHEN rd.lost > 0 THEN rd.day END) AS lossy_days, min(rd.day) FILTER (WHERE rd.mails > 0) AS first_day,
    max(rd.day) FILTER (WHERE rd.mails > 0) AS last_day
  FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.source AND (:domain IS NULL OR rd.domain IN own)
  GROUP BY rd.source HAVING sum(rd.mails) > 0),
named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source),
chosen AS (
  SELECT p.sender, p.client FROM roll_pair p
  WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0
    AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = p.sender), 0) IN own)),
clients AS (
  SELECT so.name AS source, count(DISTINCT c.ip) AS n, min(so.id) AS least, max(so.domain) AS domain,
    CASE WHEN max(so.kind = 'shared') THEN 'shared' ELSE min(so.kind) END AS kind
  FROM (SELECT DISTINCT client FROM chosen) p JOIN client c ON c.id = p.client JOIN dim_source so ON so.id = c.source
  GROUP BY so.name),
senders AS (
  SELECT so.name AS source, count(DISTINCT coalesce(sa.fold, sa.id)) AS n
  FROM (SELECT DISTINCT n.first, p.sender FROM chosen p CROSS JOIN client c ON c.id = p.client JOIN named n ON n.id = c.source) q
  JOIN address sa ON sa.id = q.sender JOIN dim_source so ON so.id = q.first
  GROUP BY so.name),
people AS (
  SELECT (SELECT so.name FROM dim_source so WHERE so.id = p.source) AS source, count(*) AS n
  FROM (SELECT DISTINCT p.source, p.recipient FROM roll_person p
    WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0 AND (:domain IS NULL OR p.domain IN own)) p
  GROUP BY p.source),
said AS (
  SELECT (SELECT so.name FROM dim_source so WHERE so.id = e.source) AS source, sum(e.mails * (e.flags & 1)) AS tls, sum(e.mails * (e.flags >> 1 & 1)) AS listed,
    sum(e.mails * (e.flags >> 2 & 1)) AS logins
  FROM roll_evidence e
  WHERE e.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (:domain IS NULL OR e.domain IN own)
  GROUP BY e.source),
black AS (
  SELECT so.name AS source, sum(l.attempts) AS attempts FROM roll_listed l CROSS JOIN dim_source so ON so.id = l.source
  WHERE (:since IS NULL OR l.day >= :since / 86400000000) AND (:until IS NULL OR l.day < :until / 86400000000 + 1)
  GROUP BY so.name)
SELECT s.source, c.least AS id, c.kind, c.domain, c.n AS clients, coalesce(a.n, 0) AS senders,
  coalesce(o.n, 0) AS recipients, s.mails, s.lost, s.attempts, s.first_us, s.last_us, s.days_seen, s.lossy_days,
  coalesce(e.tls, 0) AS tls, coalesce(e.listed, 0) AS listed, coalesce(e.logins, 0) AS logins,
  coalesce(b.attempts, 0) AS listed_lines, s.first_day, s.last_day
FROM sums s
JOIN clients c ON c.source = s.source
LEFT JOIN senders a ON a.source = s.source
LEFT JOIN people o ON o.source = s.source
LEFT JOIN said e ON e.source = s.source
LEFT JOIN black b ON b.source = s.source
ORDER BY s.lost DESC, s.mails DESC, s.source
