-- Senders and clients of a rule's mails, the clients of a sender together.
SELECT p.sender, p.client, p.mails, p.lost, p.last_warned, coalesce(sa.fold, p.sender) AS fold
FROM roll_pair p LEFT JOIN address sa ON sa.id = p.sender
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0 AND p.sender > :at
ORDER BY p.sender
