-- How often each word was said of a source's mails. sort: 0 fates of (mail, recipient) pairs, 1 SPF, 2 DKIM, 3 DMARC,
-- 4 spam, 5 pairs refused for now that may still return.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
fates AS MATERIALIZED (
  SELECT rd.source, sum(delivered) AS f0, sum(queued) AS f1, sum(held) AS f2, sum(unknown) AS f3, sum(bounced) AS f4,
    sum(spam) AS f5, sum(refused) AS f6, sum(tempfailed) AS f7, sum(aborted) AS f8, sum(discarded) AS f9
  FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (:domain IS NULL OR rd.domain IN own)
  GROUP BY rd.source),
said AS MATERIALIZED (
  SELECT so.name AS source, e.spf, e.dkim, e.dmarc, e.spam, e.mails
  FROM roll_evidence e JOIN dim_source so ON so.id = e.source
  WHERE e.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND e.mails > 0 AND (:domain IS NULL OR e.domain IN own)),
may_return AS (SELECT r.mail, r.recipient FROM fact_recipient r INDEXED BY recipient_may_return
  WHERE r.fate = 7 AND r.last_try > (SELECT time FROM log_end) - 129600000000 AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY r.mail, r.recipient)
SELECT so.name AS source, 0 AS sort, f.id AS word, CASE f.id WHEN 0 THEN f0 WHEN 1 THEN f1 WHEN 2 THEN f2 WHEN 3 THEN f3 WHEN 4 THEN f4
    WHEN 5 THEN f5 WHEN 6 THEN f6 WHEN 7 THEN f7 WHEN 8 THEN f8 ELSE f9 END AS n
FROM fates s JOIN dim_source so ON so.id = s.source JOIN fate f WHERE n > 0
UNION ALL SELECT source, 1, spf, sum(mails) FROM said WHERE spf GROUP BY source, spf
UNION ALL SELECT source, 2, dkim, sum(mails) FROM said WHERE dkim GROUP BY source, dkim
UNION ALL SELECT source, 3, dmarc, sum(mails) FROM said WHERE dmarc GROUP BY source, dmarc
UNION ALL SELECT source, 4, spam, sum(mails) FROM said WHERE spam GROUP BY source, spam
UNION ALL SELECT so.name, 5, 7, count(*)
  FROM may_return r JOIN fact_mail m ON m.id = r.mail JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = m.sender
  WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
    AND (:domain IS NULL OR coalesce(sa.domain, 0) IN own)
  GROUP BY so.name
