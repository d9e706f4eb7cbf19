-- Clients that came back with a rule's would-be-lost mails that a verdict exempt or move decides, if they are others than
-- the first, by the sender and client of the mail (as proof_pairs.sql).
SELECT DISTINCT coalesce(m.sender, 0) AS sender, m.client, c.name, c.ip
FROM fact_mail m
LEFT JOIN client_verdict cv ON cv.client = m.client
LEFT JOIN sender_verdict sv ON sv.sender = m.sender
CROSS JOIN fact_transaction t ON t.mail = m.id AND t.client <> m.client
CROSS JOIN client c ON c.id = t.client
WHERE m.transactions > 1 AND m.first_time < :until
  AND coalesce(sv.own, cv.verdict, sv.domain) IN (SELECT id FROM human_verdict WHERE verdict IN ('exempt', 'move')) AND EXISTS (
  SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate
  WHERE r.mail = m.id AND f.loses AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule))
ORDER BY 1, 2, 3, 4
