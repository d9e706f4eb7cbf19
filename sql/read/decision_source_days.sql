-- On which local days each source had warned mail, and whether any of it would be lost.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT dense_rank() OVER (ORDER BY so.name) AS source, rd.day, max(rd.lost > 0) AS lost
FROM roll_source_day rd JOIN dim_source so ON so.id = rd.source
WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.mails > 0 AND (:domain IS NULL OR rd.domain IN own)
GROUP BY so.name, rd.day
ORDER BY so.name, rd.day
