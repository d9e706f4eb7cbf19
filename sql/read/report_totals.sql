-- The headline of a rule. A mail counts once, a person once, however many lines say so.
SELECT count(*) AS mails, coalesce(sum(would_be_lost), 0) AS lost, count(DISTINCT source) AS sources,
  count(DISTINCT CASE WHEN would_be_lost THEN source END) AS losing_sources,
  count(DISTINCT lower(sender)) AS senders, count(DISTINCT client_ip) AS clients,
  (SELECT count(DISTINCT rf.recipient) FROM recipient_fate rf JOIN fate f ON f.id = rf.fate JOIN fact_mail fm ON fm.id = rf.mail
   JOIN dim_rule r ON r.id = rf.rule WHERE f.loses AND r.name = :rule
     AND (:since IS NULL OR fm.first_time >= :since) AND (:until IS NULL OR fm.first_time < :until)) AS people,
  (SELECT coalesce(sum(a.count), 0) FROM fact_attempt a JOIN text x ON x.id = a.text JOIN dim_rule r ON r.id = x.rule
   WHERE a.flags & 1 AND r.name = :rule
     AND (:since IS NULL OR a.time >= :since) AND (:until IS NULL OR a.time < :until)) AS attempts,
  (SELECT coalesce(sum(a.count), 0) FROM fact_attempt a JOIN text x ON x.id = a.text JOIN dim_rule r ON r.id = x.rule
   WHERE NOT a.flags & 1 AND r.name = :rule
     AND (:since IS NULL OR a.time >= :since) AND (:until IS NULL OR a.time < :until)) AS refused
FROM mail WHERE rule = :rule AND (:since IS NULL OR first_us >= :since) AND (:until IS NULL OR first_us < :until)
