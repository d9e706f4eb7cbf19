-- Senders and known clients of a rule's mails, the clients of a sender together, with the verdict that decides them; 0: none.
SELECT p.sender, p.client, p.lost, coalesce(sv.own, cv.verdict, sv.domain, 0) AS verdict
FROM roll_pair p
LEFT JOIN client_verdict cv ON cv.client = p.client
LEFT JOIN sender_verdict sv ON sv.sender = p.sender
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0 AND p.client
  AND (p.sender, p.client) > (:at, :after)
ORDER BY p.sender, p.client
