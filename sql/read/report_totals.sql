-- The headline of a rule, or of one own domain and what is below it. A mail counts once, a person once, however many
-- lines say so.
WITH own AS (SELECT sa.id FROM address sa LEFT JOIN domain d ON d.id = sa.domain
  WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = ''))
SELECT count(m.id) AS mails, coalesce(sum(would_be_lost), 0) AS lost, count(DISTINCT source) AS sources,
  count(DISTINCT CASE WHEN would_be_lost THEN source END) AS losing_sources,
  count(DISTINCT lower(m.sender)) AS senders, count(DISTINCT client_ip) AS clients,
  (SELECT count(DISTINCT fr.recipient) FROM fact_recipient fr JOIN fate f ON f.id = fr.fate JOIN fact_mail fm ON fm.id = fr.mail
   JOIN text x ON x.id = fr.text JOIN dim_rule r ON r.id = x.rule WHERE f.loses AND r.name = :rule
     AND (:since IS NULL OR fm.first_time >= :since) AND (:until IS NULL OR fm.first_time < :until)
     AND (:domain IS NULL OR fm.sender IN own OR (:domain = '(null sender)' AND fm.sender IS NULL))) AS people,
  coalesce(max(l.attempts), 0) AS attempts, coalesce(max(l.refused), 0) AS refused
FROM (SELECT sum(a.count) FILTER (WHERE k.flags & 1) AS attempts, sum(a.count) FILTER (WHERE NOT k.flags & 1) AS refused
      FROM fact_attempt a JOIN dim_line k ON k.id = a.line
      WHERE a.text IN (SELECT x.id FROM text x JOIN dim_rule r ON r.id = x.rule WHERE r.name = :rule)
        AND (:since IS NULL OR a.time >= :since) AND (:until IS NULL OR a.time < :until)
        AND (:domain IS NULL OR a.sender IN own OR (:domain = '(null sender)' AND a.sender IS NULL))) l
LEFT JOIN mail m ON m.rule = :rule AND (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:domain IS NULL OR m.sender_domain = :domain OR substr(m.sender_domain, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(null sender)' AND m.sender_domain IS NULL) OR (:domain = '(no domain)' AND m.sender_domain = ''))
