-- Senders and clients of the rule's mails that a verdict `move` decides. And one of WALK_GIVES (walk.h) of the others: they
-- have no verdict.
SELECT p.sender, p.client, v.id, fa.id, fa.text, c.name, c.ip, so.kind = 'inside' AS inside, p.mails
FROM main.roll_pair p
LEFT JOIN client_verdict cv ON cv.client = p.client
LEFT JOIN sender_verdict sv ON sv.sender = p.sender
LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain) AND v.verdict = 'move'
LEFT JOIN client c ON v.id IS NOT NULL AND c.id = p.client
LEFT JOIN dim_source so ON so.id = c.source
LEFT JOIN address sa ON v.id IS NOT NULL AND sa.id = p.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (p.sender, p.client) > (:at, :after) AND p.mails > 0
  AND (v.id IS NOT NULL OR p.client % 64 = 0)
ORDER BY p.sender, p.client
