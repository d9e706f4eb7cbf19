-- (mail, recipient) pairs that were refused for now less than 36 hours before the end of the log, by their last try; one
-- row for each text of the rule. The source is that of the mail's client.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT r.last_try, r.mail, r.recipient, coalesce(c.source, 0) AS source
FROM fact_recipient r INDEXED BY recipient_may_return
CROSS JOIN fact_mail m ON m.id = r.mail
LEFT JOIN client c ON c.id = m.client
LEFT JOIN address sa ON sa.id = m.sender
WHERE r.fate = 7 AND r.last_try > max(:at, (SELECT time FROM log_end) - 129600000000)
  AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
  AND (:domain IS NULL OR coalesce(sa.domain, 0) IN own)
ORDER BY r.last_try
