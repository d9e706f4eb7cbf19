-- Has a rule warned about mail of senders that are not of :domain or below it?
SELECT 1 FROM roll_source_day
WHERE rule = (SELECT id FROM dim_rule WHERE name = :rule) AND domain NOT IN (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
LIMIT 1
