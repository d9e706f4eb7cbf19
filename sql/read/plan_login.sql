-- The login that a sender (a folded address) was seen with last, logged in and accepted on 465 or 587.
WITH RECURSIVE
days (day) AS (
  SELECT max(day) FROM sighting WHERE kind = 1
  UNION ALL
  SELECT (SELECT max(e.day) FROM sighting e WHERE e.kind = 1 AND e.day < d.day) FROM days d WHERE d.day IS NOT NULL)
SELECT w.text
FROM days d
CROSS JOIN sighting s ON s.kind = 1 AND s.day = d.day AND s.sender = :sender
LEFT JOIN word w ON w.id = s.login
ORDER BY s.last_time DESC, w.text LIMIT 1
