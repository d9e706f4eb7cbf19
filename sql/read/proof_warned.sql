-- When a rule warned: the first and last line, by the sender and client of the mail (as proof_pairs.sql).
SELECT coalesce(m.sender, 0) AS sender, m.client, min(a.time), max(a.time)
FROM fact_attempt a
JOIN dim_line k ON k.id = a.line
LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
JOIN fact_mail m ON m.id = coalesce(t.mail, t.id, a.tx, a.place)
WHERE a.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  AND k.flags & 1 AND a.time < :until
GROUP BY 1, 2
ORDER BY 1, 2
