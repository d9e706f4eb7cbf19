-- When a sender (a folded address) was last seen logged in and accepted on 465 or 587, and as whom.
SELECT CASE WHEN s.last_time < :until THEN s.last_time ELSE s.first_time END AS last, w.text
FROM sighting s LEFT JOIN word w ON w.id = s.login
WHERE s.kind = 'login' AND s.sender = :sender AND s.first_time < :until
ORDER BY last DESC, w.text LIMIT 1
