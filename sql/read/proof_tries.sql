-- Clients that came back with a rule's would-be-lost mails, if they are others than the first, by the sender and client
-- of the mail (as proof_pairs.sql).
SELECT DISTINCT coalesce(m.sender, 0) AS sender, m.client, c.name, c.ip
FROM fact_transaction t
JOIN fact_mail m ON m.id = t.mail
JOIN client c ON c.id = t.client
WHERE t.client <> m.client AND m.first_time < :until AND EXISTS (
  SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate
  WHERE r.mail = m.id AND f.loses AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule))
ORDER BY 1, 2, 3, 4
