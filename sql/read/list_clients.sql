-- SMTP clients of warned mails, by the client of the mail's first try. Attempts are the rule's warnings, as in list_sources.sql.
WITH
lines AS (SELECT a.client_ip, a.source, a.rule, sum(a.count) AS attempts FROM attempt a
  WHERE a.flags & 1
  AND (:since IS NULL OR a.time_us >= :since) AND (:until IS NULL OR a.time_us < :until)
  AND (:source IS NULL OR a.source = :source) AND (:rule IS NULL OR a.rule = :rule)
  AND (:sender IS NULL OR lower(a.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(a.sender, -length(:sender))) = lower(:sender)))
  AND (:recipient IS NULL OR lower(a.recipient) = lower(:recipient)
       OR (:recipient LIKE '@%' AND lower(substr(a.recipient, -length(:recipient))) = lower(:recipient)))
  AND (:client IS NULL OR a.client_ip = :client OR lower(a.client_name) = lower(:client))
  AND (:fate IS NULL OR a.fate = :fate)
  GROUP BY 1, 2, 3),
sums AS (SELECT m.client_ip, min(m.client_name) AS client_name, m.source, m.rule,
    count(DISTINCT lower(m.sender)) AS senders, count(*) AS mails, sum(m.would_be_lost) AS would_be_lost,
    strftime('%Y-%m-%dT%H:%M:%SZ', min(m.first_us) / 1000000, 'unixepoch') AS first_seen,
    strftime('%Y-%m-%dT%H:%M:%SZ', max(m.last_us) / 1000000, 'unixepoch') AS last_seen
  FROM mail m
  WHERE (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:source IS NULL OR m.source = :source) AND (:rule IS NULL OR m.rule = :rule)
  AND (:sender IS NULL OR lower(m.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(m.sender, -length(:sender))) = lower(:sender)))
  AND (:client IS NULL OR m.client_ip = :client OR lower(m.client_name) = lower(:client))
  AND (:recipient IS NULL OR m.id IN (SELECT r.mail FROM fact_recipient r JOIN address ad ON ad.id = r.shown
       WHERE lower(ad.text) = lower(:recipient)
          OR (:recipient LIKE '@%' AND lower(substr(ad.text, -length(:recipient))) = lower(:recipient))))
  AND (:fate IS NULL OR m.fate = :fate)
  GROUP BY m.client_ip, m.source, m.rule_id)
SELECT s.client_ip, s.client_name, s.source, s.rule, s.senders, coalesce(l.attempts, 0) AS attempts, s.mails,
  s.would_be_lost, s.first_seen, s.last_seen
FROM sums s LEFT JOIN lines l ON l.client_ip IS s.client_ip AND l.source = s.source AND l.rule IS s.rule
ORDER BY s.would_be_lost DESC, s.mails DESC, 1
LIMIT :limit
