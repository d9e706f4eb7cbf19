-- Inside clients that the article forbids: warned by the rule, or sending with senders that are not ours over port 25.
SELECT ip, name, sum(warned) AS warned, sum(other) AS other FROM (
  SELECT c.ip, min(c.name) AS name, sum(p.mails) AS warned, 0 AS other
  FROM main.roll_pair p JOIN client c ON c.id = p.client JOIN dim_source so ON so.id = c.source
  WHERE so.kind = 'inside' AND p.mails > 0 AND p.rule = (SELECT id FROM dim_rule WHERE name = :rule)
  GROUP BY c.ip
  UNION ALL
  SELECT c.ip, min(c.name), 0, sum(s.mails) FROM sighting s JOIN client c ON c.id = s.client
  WHERE s.kind = 2 GROUP BY c.ip)
GROUP BY ip
ORDER BY 3 + 4 DESC, ip
LIMIT :limit
