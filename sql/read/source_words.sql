-- How often each word was said of a source's mails. sort: 0 fates of (mail, recipient) pairs, 1 SPF, 2 DKIM, 3 DMARC,
-- 4 spam, 5 pairs refused for now that may still return.
WITH
chosen AS MATERIALIZED (
  SELECT m.id, so.name AS source, m.spf, m.dkim, m.dmarc, m.spam
  FROM (SELECT DISTINCT r.mail FROM fact_recipient r
        WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)) q
  JOIN fact_mail m ON m.id = q.mail
  JOIN client c ON c.id = m.client
  JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = m.sender
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
    AND (:domain IS NULL OR d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
      OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = ''))),
pairs AS MATERIALIZED (
  SELECT c.source, min(r.fate) AS fate, max(r.last_try) AS last_try
  FROM chosen c JOIN fact_recipient r ON r.mail = c.id
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY c.id, r.recipient)
SELECT source, 0 AS sort, fate AS word, count(*) AS n FROM pairs GROUP BY source, fate
UNION ALL SELECT source, 1, spf, count(*) FROM chosen WHERE spf GROUP BY source, spf
UNION ALL SELECT source, 2, dkim, count(*) FROM chosen WHERE dkim GROUP BY source, dkim
UNION ALL SELECT source, 3, dmarc, count(*) FROM chosen WHERE dmarc GROUP BY source, dmarc
UNION ALL SELECT source, 4, spam, count(*) FROM chosen WHERE spam GROUP BY source, spam
UNION ALL SELECT source, 5, 7, count(*) FROM pairs
  WHERE fate = 7 AND last_try + 129600000000 > (SELECT time FROM log_end) GROUP BY source
