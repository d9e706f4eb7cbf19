-- SMTP clients of warned mails, by the client of the mail's first try.
SELECT m.client_ip, min(nullif(c.name, '')) AS client_name, m.source, m.rule, count(DISTINCT lower(m.sender)) AS senders,
  sum(m.attempts) AS attempts, count(*) AS mails, sum(m.would_be_lost) AS would_be_lost,
  strftime('%Y-%m-%dT%H:%M:%SZ', min(m.first_us) / 1000000, 'unixepoch') AS first_seen,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(m.last_us) / 1000000, 'unixepoch') AS last_seen
FROM mail m JOIN fact_mail fm ON fm.id = m.id JOIN client c ON c.id = fm.client
WHERE (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:source IS NULL OR m.source = :source) AND (:rule IS NULL OR m.rule = :rule)
  AND (:sender IS NULL OR lower(m.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(m.sender, -length(:sender))) = lower(:sender)))
  AND (:recipient IS NULL OR m.id IN (SELECT r.mail FROM fact_recipient r JOIN address ad ON ad.id = r.shown
       WHERE lower(ad.text) = lower(:recipient)))
  AND (:client IS NULL OR m.client_ip = :client OR lower(c.name) = lower(:client)) AND (:fate IS NULL OR m.fate = :fate)
GROUP BY m.client_ip, m.source, m.rule_id
ORDER BY would_be_lost DESC, mails DESC, 1
LIMIT :limit
