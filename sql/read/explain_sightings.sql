-- Mail of this sender that was accepted: with a login on 465/587, and from this client on port 25 without a warning of the rule.
WITH RECURSIVE
days (kind, day) AS (
  SELECT k.column1, (SELECT max(day) FROM sighting WHERE kind = k.column1) FROM (VALUES (0), (1)) k
  UNION ALL
  SELECT d.kind, (SELECT max(e.day) FROM sighting e WHERE e.kind = d.kind AND e.day < d.day) FROM days d WHERE d.day IS NOT NULL)
SELECT CASE s.kind WHEN 1 THEN 'login' ELSE 'own' END AS kind, w.text AS login, sum(s.mails) AS mails,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(s.last_time) / 1000000, 'unixepoch') AS last
FROM address a
CROSS JOIN days d
CROSS JOIN sighting s ON s.kind = d.kind AND s.day = d.day AND s.sender = a.id
  AND s.client IN (SELECT 0 UNION ALL SELECT c.id FROM client c WHERE c.ip IN (:ip, :other))
LEFT JOIN word w ON w.id = s.login
WHERE a.text = :sender
  AND (s.kind = 1 OR NOT EXISTS (SELECT 1 FROM dim_rule ru WHERE ru.name = :rule AND s.rules >> ru.id & 1))
GROUP BY s.kind, s.login
ORDER BY max(s.last_time) DESC
LIMIT :limit
