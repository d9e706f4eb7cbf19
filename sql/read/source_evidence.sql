-- What was said of a source's mails, and of how many.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT e.source, e.spf, e.dkim, e.dmarc, e.spam, e.flags, e.mails
FROM roll_evidence e
WHERE e.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND e.source > :at AND e.mails > 0
  AND (:domain IS NULL OR e.domain IN own)
ORDER BY e.source
