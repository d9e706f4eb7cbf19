-- Who would lose mail of a rule, by the sender and client of the mail (as proof_pairs.sql).
SELECT coalesce(m.sender, 0) AS sender, m.client, r.recipient
FROM fact_recipient r
JOIN fate f ON f.id = r.fate
JOIN fact_mail m ON m.id = r.mail
WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  AND f.loses AND m.first_time >= :since AND m.first_time < :until
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
