-- Inside clients that the article forbids: warned by the rule, or sending with senders that are not ours over port 25.
SELECT ip, name, sum(warned) AS warned, sum(other) AS other FROM (
  SELECT c.ip, min(c.name) AS name, count(*) AS warned, 0 AS other
  FROM fact_mail m JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
  WHERE so.kind = 'inside' AND m.id IN (SELECT r.mail FROM fact_recipient r JOIN text x ON x.id = r.text
    JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY c.ip
  UNION ALL
  SELECT c.ip, min(c.name), 0, sum(s.mails) FROM sighting s JOIN client c ON c.id = s.client
  WHERE s.kind = 'foreign' GROUP BY c.ip)
GROUP BY ip
ORDER BY 3 + 4 DESC, ip
LIMIT :limit
