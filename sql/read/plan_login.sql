-- The login that a sender (a folded address) was seen with last, logged in and accepted on 465 or 587.
SELECT w.text FROM sighting s LEFT JOIN word w ON w.id = s.login
WHERE s.kind = 'login' AND s.sender = :sender
ORDER BY s.last_time DESC, w.text LIMIT 1
