-- Mails of clients or senders (:whose, numbers as a JSON list; :by_sender says which) first tried after :since, and whether
-- they would be lost. And one of WALK_GIVES (walk.h) of the others: they are not theirs.
SELECT m.id, m.sender, m.client, m.spf, m.dkim, m.dmarc,
  CASE WHEN :by_sender THEN m.sender ELSE m.client END IN (SELECT value FROM json_each(:whose)) AS theirs,
  EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate WHERE r.mail = m.id AND f.loses) AS lost
FROM fact_mail m
WHERE m.id > :at AND m.id >= coalesce((SELECT min(place) FROM roll_place WHERE hour >= :since / 3600000000), 0)
  AND (:since IS NULL OR m.first_time > :since)
  AND (CASE WHEN :by_sender THEN m.sender ELSE m.client END IN (SELECT value FROM json_each(:whose)) OR m.id % 64 = 0)
ORDER BY m.id
