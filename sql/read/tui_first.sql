-- What is known of a rule's sources by their days alone: shown until the decision is there.
SELECT so.name AS source, CASE WHEN max(so.kind = 'shared') THEN 'shared' ELSE min(so.kind) END AS kind, sum(q.mails) AS mails,
  sum(q.lost) AS lost
FROM (SELECT d.source, sum(d.mails) AS mails, sum(d.lost) AS lost FROM roll_source_day d
  WHERE d.rule = (SELECT id FROM dim_rule WHERE name = :rule) GROUP BY d.source HAVING sum(d.mails) > 0) q
JOIN dim_source so ON so.id = q.source
GROUP BY so.name
ORDER BY lost DESC, mails DESC, 1
LIMIT :limit
