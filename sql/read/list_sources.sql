-- One row a source and rule. Mails belong to the source of their first attempt, attempts to their own client's.
-- Filters choose mails, and of the attempts what `list attempts` shows with the same filters. Suggestion and verdict
-- are analyzer/source_list's to say. Without filters the figures are those of source_rows.sql and source_evidence.sql.
WITH
chosen AS (SELECT m.id, m.first_us, m.last_us, m.day, m.client_ip, m.source, m.source_kind AS kind, m.rule_id, m.rule,
    (SELECT coalesce(ad.fold, ad.id) FROM fact_mail fm JOIN address ad ON ad.id = fm.sender WHERE fm.id = m.id) AS sender,
    m.would_be_lost, m.spf, m.dkim, m.dmarc, m.spam_verdict FROM mail m
  WHERE (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:source IS NULL OR m.source = :source) AND (:rule IS NULL OR m.rule = :rule)
  AND (:sender IS NULL OR lower(m.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(m.sender, -length(:sender))) = lower(:sender)))
  AND (:client IS NULL OR m.client_ip = :client OR lower(m.client_name) = lower(:client))
  AND (:recipient IS NULL OR m.id IN (SELECT r.mail FROM fact_recipient r JOIN address ad ON ad.id = r.shown
       WHERE lower(ad.text) = lower(:recipient)
          OR (:recipient LIKE '@%' AND lower(substr(ad.text, -length(:recipient))) = lower(:recipient))))
  AND (:fate IS NULL OR m.fate = :fate)),
sums AS (SELECT c.source, CASE WHEN max(c.kind = 'shared') THEN 'shared' ELSE min(c.kind) END AS kind, c.rule_id, c.rule,
    count(DISTINCT c.client_ip) AS clients, count(DISTINCT c.sender) AS senders, count(*) AS mails, sum(c.would_be_lost) AS would_be_lost,
    strftime('%Y-%m-%dT%H:%M:%SZ', min(c.first_us) / 1000000, 'unixepoch') AS first_seen,
    strftime('%Y-%m-%dT%H:%M:%SZ', max(c.last_us) / 1000000, 'unixepoch') AS last_seen,
    count(DISTINCT c.day) AS days_seen
  FROM chosen c GROUP BY c.source, c.rule_id),
pairs AS (SELECT c.source, c.rule_id, rf.recipient, rf.fate FROM chosen c
  JOIN recipient_fate rf ON rf.mail = c.id AND rf.rule = c.rule_id),
fates AS (SELECT source, rule_id, json_group_object(name, n) AS fates FROM
  (SELECT p.source, p.rule_id, f.name, count(*) AS n FROM pairs p JOIN fate f ON f.id = p.fate
   GROUP BY p.source, p.rule_id, f.id ORDER BY f.id) GROUP BY source, rule_id),
people AS (SELECT source, rule_id, count(DISTINCT recipient) AS recipients FROM pairs GROUP BY source, rule_id),
lines AS (SELECT so.name AS source, d.rule AS rule_id, sum(d.attempts) AS attempts FROM main.roll_source_day d
  JOIN dim_source so ON so.id = d.source
  WHERE :since IS NULL AND :until IS NULL AND :sender IS NULL AND :recipient IS NULL AND :client IS NULL AND :fate IS NULL
  GROUP BY 1, 2
  UNION ALL SELECT a.source, coalesce(r.id, 0), sum(a.count) FROM attempt a LEFT JOIN dim_rule r ON r.name = a.rule
  WHERE NOT (:since IS NULL AND :until IS NULL AND :sender IS NULL AND :recipient IS NULL AND :client IS NULL AND :fate IS NULL)
  AND a.flags & 1
  AND (:since IS NULL OR a.time_us >= :since) AND (:until IS NULL OR a.time_us < :until)
  AND (:source IS NULL OR a.source = :source) AND (:rule IS NULL OR a.rule = :rule)
  AND (:sender IS NULL OR lower(a.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(a.sender, -length(:sender))) = lower(:sender)))
  AND (:recipient IS NULL OR lower(a.recipient) = lower(:recipient)
       OR (:recipient LIKE '@%' AND lower(substr(a.recipient, -length(:recipient))) = lower(:recipient)))
  AND (:client IS NULL OR a.client_ip = :client OR lower(a.client_name) = lower(:client))
  AND (:fate IS NULL OR a.fate = :fate)
  GROUP BY 1, 2),
said AS (SELECT source, rule_id,
    json_group_object(name, n) FILTER (WHERE sort = 1) AS spf, json_group_object(name, n) FILTER (WHERE sort = 2) AS dkim,
    json_group_object(name, n) FILTER (WHERE sort = 3) AS dmarc, json_group_object(name, n) FILTER (WHERE sort = 4) AS spam
  FROM (SELECT source, rule_id, 1 AS sort, spf AS name, count(*) AS n FROM chosen WHERE spf IS NOT NULL GROUP BY 1, 2, 4
    UNION ALL SELECT source, rule_id, 2, dkim, count(*) FROM chosen WHERE dkim IS NOT NULL GROUP BY 1, 2, 4
    UNION ALL SELECT source, rule_id, 3, dmarc, count(*) FROM chosen WHERE dmarc IS NOT NULL GROUP BY 1, 2, 4
    UNION ALL SELECT source, rule_id, 4, spam_verdict, count(*) FROM chosen WHERE spam_verdict IS NOT NULL GROUP BY 1, 2, 4)
  GROUP BY source, rule_id)
SELECT c.source, c.kind, c.rule, c.clients, c.senders, p.recipients, coalesce(l.attempts, 0) AS attempts, c.mails,
  c.would_be_lost, f.fates, coalesce(s.spf, '{}') AS spf, coalesce(s.dkim, '{}') AS dkim, coalesce(s.dmarc, '{}') AS dmarc,
  coalesce(s.spam, '{}') AS spam, c.first_seen, c.last_seen, c.days_seen, NULL AS suggestion, NULL AS reason, NULL AS verdict,
  NULL AS note
FROM sums c
LEFT JOIN fates f ON f.source = c.source AND f.rule_id = c.rule_id
LEFT JOIN people p ON p.source = c.source AND p.rule_id = c.rule_id
LEFT JOIN lines l ON l.source = c.source AND l.rule_id = c.rule_id
LEFT JOIN said s ON s.source = c.source AND s.rule_id = c.rule_id
ORDER BY c.would_be_lost DESC, c.mails DESC, c.source
LIMIT :limit
