-- Envelope senders of warned mails, any rule, case folded by the first spelling seen.
SELECT min(m.sender) AS sender, m.rule, count(DISTINCT m.source) AS sources, count(DISTINCT m.client_ip) AS clients,
  sum(m.attempts) AS attempts, count(*) AS mails, sum(m.would_be_lost) AS would_be_lost,
  strftime('%Y-%m-%dT%H:%M:%SZ', min(m.first_us) / 1000000, 'unixepoch') AS first_seen,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(m.last_us) / 1000000, 'unixepoch') AS last_seen
FROM mail m
WHERE (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:source IS NULL OR m.source = :source) AND (:rule IS NULL OR m.rule = :rule)
  AND (:sender IS NULL OR lower(m.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(m.sender, -length(:sender))) = lower(:sender)))
  AND (:recipient IS NULL OR m.id IN (SELECT r.mail FROM fact_recipient r JOIN address ad ON ad.id = r.shown
       WHERE lower(ad.text) = lower(:recipient)))
  AND (:client IS NULL OR m.client_ip = :client) AND (:fate IS NULL OR m.fate = :fate)
GROUP BY lower(m.sender), m.rule_id
ORDER BY would_be_lost DESC, mails DESC, 1
LIMIT :limit
