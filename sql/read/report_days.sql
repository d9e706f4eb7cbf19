-- Mails that a rule warned about by the local day of their first attempt, and how many of them would be lost.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT rd.day, sum(rd.mails) AS mails, sum(rd.lost) AS lost
FROM roll_source_day rd
WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.mails > 0 AND (:domain IS NULL OR rd.domain IN own)
GROUP BY rd.day
ORDER BY rd.day
