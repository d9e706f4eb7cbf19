-- Who must move: senders and clients of the rule's mails that a verdict `move` decides. login: the one that the sender
-- was seen with last, logged in and accepted on 465/587.
WITH
moved AS MATERIALIZED (
  SELECT p.sender, p.client, p.mails
  FROM (SELECT 1 WHERE EXISTS (SELECT 1 FROM verdict WHERE verdict = 'move')) asked
  CROSS JOIN main.roll_pair p
  LEFT JOIN client_verdict cv ON cv.client = p.client LEFT JOIN sender_verdict sv ON sv.sender = p.sender
  WHERE +p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0
    AND coalesce(sv.own, cv.verdict, sv.domain) IN (SELECT id FROM human_verdict WHERE verdict = 'move'))
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
