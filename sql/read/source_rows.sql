-- One row a source of a rule's mails, heaviest loss first; source_words.sql and source_verdicts.sql have the rest.
WITH
chosen AS MATERIALIZED (
  SELECT m.id, m.first_time, m.last_time, m.day, m.flags, so.id AS source_id, so.name AS source, so.kind, so.domain, c.ip,
    coalesce(sa.fold, sa.id) AS sender, f.loses AS lost
  FROM (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
        WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
        GROUP BY r.mail) q
  JOIN fact_mail m ON m.id = q.mail
  JOIN client c ON c.id = m.client
  JOIN dim_source so ON so.id = c.source
  JOIN fate f ON f.id = q.fate
  LEFT JOIN address sa ON sa.id = m.sender
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
    AND (:domain IS NULL OR d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
      OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = ''))),
sums AS (
  SELECT source, min(source_id) AS id, CASE WHEN max(kind = 'shared') THEN 'shared' ELSE min(kind) END AS kind,
    max(domain) AS domain, count(DISTINCT ip) AS clients, count(DISTINCT sender) AS senders, count(*) AS mails,
    sum(lost) AS lost, min(first_time) AS first_us, max(last_time) AS last_us, count(DISTINCT day) AS days_seen,
    count(DISTINCT CASE WHEN lost THEN day END) AS lossy_days, sum(flags & 1) AS tls, sum(flags >> 1 & 1) AS listed,
    sum(flags >> 2 & 1) AS logins, min(day) AS first_day, max(day) AS last_day
  FROM chosen GROUP BY source),
people AS (
  SELECT c.source, count(DISTINCT r.recipient) AS recipients
  FROM chosen c JOIN fact_recipient r ON r.mail = c.id
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY c.source),
lines AS (
  SELECT so.name AS source, sum(rd.attempts) AS attempts FROM roll_source_day rd
  JOIN dim_source so ON so.id = rd.source JOIN dim_rule ru ON ru.id = rd.rule
  WHERE ru.name = :rule AND :since IS NULL AND :until IS NULL AND :domain IS NULL
  GROUP BY so.name
  UNION ALL
  SELECT so.name, sum(a.count) FROM fact_attempt a
  JOIN dim_line k ON k.id = a.line
  JOIN client c ON c.id = a.client
  JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = a.sender
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE NOT (:since IS NULL AND :until IS NULL AND :domain IS NULL) AND k.flags & 1
    AND a.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
    AND (:since IS NULL OR a.time >= :since) AND (:until IS NULL OR a.time < :until)
    AND (:domain IS NULL OR d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
      OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = ''))
  GROUP BY so.name),
black AS (
  SELECT so.name AS source, sum(l.attempts) AS attempts FROM roll_listed l JOIN dim_source so ON so.id = l.source
  WHERE (:since IS NULL OR l.day >= :since / 86400000000) AND (:until IS NULL OR l.day < :until / 86400000000 + 1)
  GROUP BY so.name)
SELECT s.source, s.id, s.kind, s.domain, s.clients, s.senders, coalesce(p.recipients, 0) AS recipients, s.mails, s.lost,
  coalesce(l.attempts, 0) AS attempts, s.first_us, s.last_us, s.days_seen, s.lossy_days, s.tls, s.listed, s.logins,
  coalesce(b.attempts, 0) AS listed_lines, s.first_day, s.last_day
FROM sums s
LEFT JOIN people p ON p.source = s.source
LEFT JOIN lines l ON l.source = s.source
LEFT JOIN black b ON b.source = s.source
ORDER BY s.lost DESC, s.mails DESC, s.source
