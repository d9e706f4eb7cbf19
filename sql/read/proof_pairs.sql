-- Senders and clients of a rule's mails that a verdict exempt or move decides, and when its lines warned. mails and lost
-- are of the window, lost_ever also of what came before. And one of WALK_GIVES (walk.h) of the others: they have no verdict.
SELECT p.sender, p.client, v.id, coalesce(fa.id, 0), fa.text, d.name, c.name, c.ip, p.mails, p.lost, p.lost_ever,
  p.first_warned, p.last_warned
FROM roll_pair p
LEFT JOIN client_verdict cv ON cv.client = p.client
LEFT JOIN sender_verdict sv ON sv.sender = p.sender
LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain) AND v.verdict IN ('exempt', 'move')
CROSS JOIN client c ON c.id = p.client
LEFT JOIN address sa ON sa.id = p.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
LEFT JOIN domain d ON d.id = sa.domain
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (p.sender, p.client) > (:at, :after) AND p.mails_ever > 0
  AND (v.id IS NOT NULL OR p.client % 64 = 0)
ORDER BY p.sender, p.client
