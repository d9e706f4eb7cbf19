-- The headline of a rule. A mail counts once, a person once, however many lines say so.
SELECT count(m.id) AS mails, coalesce(sum(would_be_lost), 0) AS lost, count(DISTINCT source) AS sources,
  count(DISTINCT CASE WHEN would_be_lost THEN source END) AS losing_sources,
  count(DISTINCT lower(sender)) AS senders, count(DISTINCT client_ip) AS clients,
  (SELECT count(DISTINCT fr.recipient) FROM fact_recipient fr JOIN fate f ON f.id = fr.fate JOIN fact_mail fm ON fm.id = fr.mail
   JOIN text x ON x.id = fr.text JOIN dim_rule r ON r.id = x.rule WHERE f.loses AND r.name = :rule
     AND (:since IS NULL OR fm.first_time >= :since) AND (:until IS NULL OR fm.first_time < :until)) AS people,
  coalesce(max(l.attempts), 0) AS attempts, coalesce(max(l.refused), 0) AS refused
FROM (SELECT sum(a.count) FILTER (WHERE k.flags & 1) AS attempts, sum(a.count) FILTER (WHERE NOT k.flags & 1) AS refused
      FROM fact_attempt a JOIN dim_line k ON k.id = a.line
      WHERE a.text IN (SELECT x.id FROM text x JOIN dim_rule r ON r.id = x.rule WHERE r.name = :rule)
        AND (:since IS NULL OR a.time >= :since) AND (:until IS NULL OR a.time < :until)) l
LEFT JOIN mail m ON m.rule = :rule AND (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
