-- Senders and clients of the mails first tried in [:since, :until).
SELECT m.id, coalesce(m.sender, 0) AS sender, m.client FROM fact_mail m
WHERE m.id > :at AND m.first_time >= :since AND m.first_time < :until
ORDER BY m.id
