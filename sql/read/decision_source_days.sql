-- On which local days each source had warned mail, and whether any of it would be lost.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT rd.source, rd.day, max(rd.lost > 0) AS lost
FROM roll_source_day rd
WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (rd.source, rd.day) > (:at, :after) AND rd.mails > 0 AND rd.source
  AND (:domain IS NULL OR rd.domain IN own)
GROUP BY rd.source, rd.day
ORDER BY rd.source, rd.day
