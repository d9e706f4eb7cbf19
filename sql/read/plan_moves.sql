-- Who must move: senders and clients of the rule's mails that a verdict `move` decides. login: the one that the sender
-- was seen with last, logged in and accepted on 465/587.
WITH
texts AS MATERIALIZED (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule),
pair AS MATERIALIZED (
  SELECT m.sender, m.client, min(m.id) AS id, count(*) AS mails FROM fact_mail m
  WHERE m.id IN (SELECT r.mail FROM fact_recipient r WHERE r.text IN (SELECT id FROM texts))
  GROUP BY m.sender, m.client),
moved AS MATERIALIZED (
  SELECT p.sender, p.client, p.mails FROM pair p
  WHERE (SELECT v.verdict FROM mail_verdict mv JOIN human_verdict v ON v.id = mv.verdict WHERE mv.mail = p.id) = 'move')
SELECT 'sender' AS what, fa.text AS name, NULL AS ip, 0 AS inside, sum(o.mails) AS mails,
  (SELECT w.text FROM sighting s LEFT JOIN word w ON w.id = s.login
   WHERE s.kind = 'login' AND s.sender = fa.id ORDER BY s.last_time DESC, w.text LIMIT 1) AS login,
  EXISTS (SELECT 1 FROM sighting s WHERE s.kind = 'login' AND s.sender = fa.id) AS seen
FROM moved o
JOIN address sa ON sa.id = o.sender
JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
GROUP BY fa.id
UNION ALL
SELECT 'client', min(c.name), c.ip, max(so.kind = 'inside'), sum(o.mails), NULL, 0
FROM moved o JOIN client c ON c.id = o.client JOIN dim_source so ON so.id = c.source
GROUP BY c.ip
ORDER BY 1, 5 DESC, 2, 3
