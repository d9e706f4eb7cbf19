-- Days on which a rule warned a source, the last first.
SELECT d.day FROM main.roll_source_day d
WHERE d.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND d.source IN (SELECT id FROM dim_source WHERE name = :source)
  AND d.attempts > 0
GROUP BY d.day ORDER BY d.day DESC
