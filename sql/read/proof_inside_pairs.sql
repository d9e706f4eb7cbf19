-- Senders of a rule's mails from clients (:clients, numbers as a JSON list). And one of WALK_GIVES (walk.h) of the others:
-- they have no client.
SELECT p.sender, p.client, CASE WHEN p.client IN (SELECT value FROM json_each(:clients)) THEN p.client END AS inside,
  fa.id, fa.text, p.mails
FROM roll_pair p
LEFT JOIN address sa ON sa.id = p.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (p.sender, p.client) > (:at, :after) AND p.mails > 0
  AND (p.client IN (SELECT value FROM json_each(:clients)) OR p.client % 64 = 0)
ORDER BY p.sender, p.client
