-- Who would lose mail of a rule that comes from :source.
SELECT DISTINCT p.recipient
FROM roll_person p
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0
  AND p.source IN (SELECT id FROM dim_source WHERE name = :source)
