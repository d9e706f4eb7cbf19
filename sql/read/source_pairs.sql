-- Senders and known clients of a rule's mails, the clients of a sender together.
SELECT sender, client, lost FROM roll_pair
WHERE rule = (SELECT id FROM dim_rule WHERE name = :rule) AND mails > 0 AND client
ORDER BY sender
