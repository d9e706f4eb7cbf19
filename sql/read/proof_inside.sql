-- Inside clients with mails of a rule, and when their source had the first and the last of these.
WITH
named AS MATERIALIZED (
  SELECT so.name, min(d.first_time) AS first_time, max(d.last_time) AS last_time
  FROM dim_source so
  CROSS JOIN roll_source_day d ON d.source = so.id AND d.rule = (SELECT id FROM dim_rule WHERE name = :rule)
  WHERE so.name IN (SELECT i.name FROM dim_source i WHERE i.kind = 'inside') AND d.mails > 0
  GROUP BY so.id)
SELECT c.id, c.ip, c.name, n.first_time, n.last_time
FROM named n
JOIN dim_source so ON so.name = n.name AND so.kind = 'inside'
JOIN client c ON c.source = so.id
