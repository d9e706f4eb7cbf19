-- Inside clients that send over port 25 with senders that are not ours.
SELECT s.day, s.sender, s.client, c.ip, c.name, ad.text, s.mails, s.first_time, s.last_time
FROM sighting s JOIN client c ON c.id = s.client JOIN address ad ON ad.id = s.sender
WHERE s.kind = 2 AND (s.day, s.sender) > (:at, :after) AND s.last_time >= :since AND s.first_time < :until
ORDER BY s.day, s.sender
