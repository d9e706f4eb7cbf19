-- Mail of this sender that was accepted: with a login on 465/587, and from this client on port 25 without a warning of the rule.
SELECT s.kind, w.text AS login, sum(s.mails) AS mails,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(s.last_time) / 1000000, 'unixepoch') AS last
FROM sighting s
JOIN address a ON a.id = s.sender
LEFT JOIN word w ON w.id = s.login
WHERE a.text = :sender
  AND (s.kind = 'login' OR (s.kind = 'own' AND s.client IN (SELECT c.id FROM client c WHERE c.ip IN (:ip, :other))
       AND NOT EXISTS (SELECT 1 FROM dim_rule ru WHERE ru.name = :rule AND s.rules >> ru.id & 1)))
GROUP BY s.kind, s.login
ORDER BY max(s.last_time) DESC
LIMIT :limit
