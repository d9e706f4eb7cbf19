-- Clients that came back with a mail that a verdict exempt or move decides, if they are others than the first, with the
-- sender and client of the mail (as proof_pairs.sql), and whether the rule would lose it. And one of WALK_GIVES (walk.h) of
-- the mails with which nobody came back: they have none.
SELECT m.id, coalesce(m.sender, 0) AS sender, m.client, t.client AS again,
  EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate
    WHERE r.mail = m.id AND f.loses
      AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)) AS lost
FROM fact_mail m
LEFT JOIN client_verdict cv ON cv.client = m.client
LEFT JOIN sender_verdict sv ON sv.sender = m.sender
LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain) AND v.verdict IN ('exempt', 'move')
LEFT JOIN fact_transaction t ON v.id IS NOT NULL AND t.mail = m.id AND t.client <> m.client
WHERE m.id > :at AND m.transactions > 1 AND m.first_time < :until AND (t.id IS NOT NULL OR m.id % 64 = 0)
ORDER BY m.id
