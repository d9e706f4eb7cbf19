-- Senders that a verdict covers.
SELECT sender, own, domain FROM sender_verdict WHERE sender > :at ORDER BY sender
